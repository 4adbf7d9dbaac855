// Objects of a kind, in a namespace or all, as they were at the moment.
import { h, put, announce } from './dom.js';
import { place, objectPath } from './place.js';
import { inventoryNow, knownInventory } from './moment.js';
import { storeOf } from './side.js';
import { Rows } from './rows.js';
import { TableList } from './table.js';
import { problem, empty } from './problem.js';
import { isAborted } from './api.js';
import { look } from './looks.js';
import { span, present } from './clock.js';

export class ObjectsView {
  title = 'Objects';
  #shown = '';
  #kindShown = '';

  constructor(root) {
    this.busy = h('div', { class: 'busy' });
    this.heading = h('h1');
    this.count = h('span', { class: 'soft' });
    this.selector = h('input', {
      type: 'text', placeholder: 'app=web, tier in (a, b)', 'aria-label': 'Label selector', spellcheck: 'false',
      onchange: () => place.change({ l: this.selector.value.trim() }),
    });
    this.chips = h('span', { class: 'filters-set' });
    this.rows = new Rows('Objects', { draw: (item) => this.#draw(item), wanted: (first, last) => this.list.want(first, last), sort: (title) => this.#sort(title) });
    this.body = h('div', { class: 'view' });
    this.view = h('section', { class: 'view', 'aria-label': 'Objects' }, this.busy,
      h('div', { class: 'head' }, this.heading, this.count, h('span', { class: 'room' }), this.chips, h('label', { class: 'soft' }, 'Labels '), this.selector), this.body);
    root.append(this.view);
    this.list = new TableList(() => this.#render());
    this.ages = setInterval(() => { if (this.moment?.live && !document.hidden) this.rows.refresh(); }, 10_000);
    this.list.again = () => { this.#shown = ''; this.show(this.path, this.parameters, this.moment); };
  }

  end() { this.list.end(); clearInterval(this.ages); }

  show(path, parameters, moment) {
    const [store = 'pods'] = path;
    Object.assign(this, { path, parameters, moment, store });
    const namespace = parameters.ns ?? '';
    if (document.activeElement !== this.selector) this.selector.value = parameters.l ?? '';
    const key = [store, namespace, parameters.l, parameters.fork, moment.live ? 'live' : moment.revision].join('|');
    if (moment.problem && !moment.live) {
      this.list.end();
      this.#shown = '';
      put(this.body, problem(moment.problem));
    } else if (key !== this.#shown && (moment.live || moment.revision)) {
      this.#shown = key;
      this.#read();
    } else {
      this.#render();
    }
    const known = this.#kind(knownInventory());
    this.heading.textContent = known ? plural(known) : store;
    return {
      store, namespace, title: `${known ? plural(known) : store}${namespace ? ` in ${namespace}` : ''}`,
      step: { namespace, resource: known?.resource ?? '', group: known?.group ?? '' },
    };
  }

  #kind(inventory) { return inventory?.kinds.find((kind) => storeOf(kind) === this.store || kind.resource === this.store || kind.shortNames.includes(this.store)); }

  async #read() {
    const { store, moment, parameters } = this;
    const shown = this.#shown;
    let kind = this.#kind(knownInventory());
    this.busy.classList.add('on');
    try {
      kind ??= this.#kind(await inventoryNow(parameters.ns ?? ''));
    } catch (error) {
      if (!isAborted(error)) put(this.body, problem(error, { retry: () => this.list.again() }));
      return;
    }
    if (shown !== this.#shown) return;
    if (!kind) {
      put(this.body, empty('No such kind', `Nothing called "${store}" was served at this moment. It may have been defined later, or removed.`));
      this.busy.classList.remove('on');
      return;
    }
    this.heading.textContent = plural(kind);
    const keep = this.#kindShown === `${store}|${parameters.ns}|${parameters.l}`;
    this.#kindShown = `${store}|${parameters.ns}|${parameters.l}`;
    this.kind = kind;
    if (!keep) this.rows.top();
    await this.list.read(kind, kind.namespaced ? parameters.ns ?? '' : '', parameters.l ?? '', moment, { keep });
  }

  #render() {
    const { list } = this;
    this.busy.classList.toggle('on', list.isReading);
    if (list.error) {
      put(this.body, problem(list.error, { retry: () => list.again() }));
      this.count.textContent = '';
      return;
    }
    if (!this.kind || (!list.columns.length && (list.isReading || list.total))) return;
    const seen = this.#seen();
    this.count.textContent = list.isReading && !list.total ? '' : seen.words;
    if (!list.isReading && !seen.total && list.isComplete) {
      const where = this.parameters.ns ? ` in ${this.parameters.ns}` : '';
      const many = plural(this.kind);
      put(this.body, this.parameters.q || this.parameters.l
        ? empty('Nothing fits', `No ${many.toLowerCase()}${where} fit the filter.`, h('button', { type: 'button', onclick: () => place.change({ q: '', l: '' }) }, 'Clear the filter'))
        : empty(`No ${many.toLowerCase()}`, `There were none${where} ${this.moment.live ? 'up to now' : `at revision ${this.moment.revision}`}.`));
      announce(`No ${many}`);
      return;
    }
    if (!this.body.contains(this.rows.element)) put(this.body, this.rows.element);
    this.#columns(seen);
    this.rows.element.setAttribute('aria-label', plural(this.kind));
    this.rows.setSource(seen);
  }

  // What of the list is to be seen, in which order: as it is, or what fits the words, or ordered by a column.
  #seen() {
    const { list } = this;
    const words = (this.parameters.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const sort = this.parameters.sort ?? '';
    if (!words.length && !sort) return { total: list.total, at: (i) => list.at(i), words: list.total.toLocaleString() };
    list.wantAll();
    const key = [list.version, words.join(' '), sort].join('|');
    if (this.known?.key !== key) {
      const all = list.items;
      const fit = words.length ? all.filter((item) => words.every((word) => item.text.includes(word))) : all;
      this.known = { key, items: sort ? ordered(fit, list.columns, sort) : fit, read: all.length };
    }
    const { items, read } = this.known;
    const among = list.isComplete ? ` of ${list.total.toLocaleString()}` : ` among ${read.toLocaleString()} of ${list.total.toLocaleString()}`;
    return { total: items.length, at: (i) => items[i], words: words.length || !list.isComplete ? items.length.toLocaleString() + among : list.total.toLocaleString() };
  }

  // Upwards, downwards, and as the server gives it.
  #sort(title) {
    const now = this.parameters.sort ?? '';
    const next = now === title ? '-' + title : now === '-' + title ? '' : title;
    place.change({ sort: next });
    this.rows.top();
    announce(next ? `Ordered by ${title}, ${next === title ? 'upwards' : 'downwards'}` : 'In the order of names');
  }

  #columns(seen) {
    const { list } = this;
    this.columns = list.columns.filter((column) => column.priority === 0);
    this.showsNamespace = this.kind.namespaced && !this.parameters.ns;
    const some = Array.from({ length: Math.min(seen.total, 60) }, (_, i) => seen.at(i)).filter(Boolean);
    const extent = (text, title, most) => Math.min(some.reduce((long, item) => Math.max(long, text(item)?.length ?? 0), title.length + 2), most);
    const tracks = this.columns.map(({ i, name }) => ({
      title: name, least: Math.round(extent((item) => item.cells[i], name, i === 0 ? 56 : 38) * 7.4 + 24), share: i === 0 ? 1.4 : 1,
    }));
    if (this.showsNamespace) tracks.unshift({ title: 'Namespace', least: Math.round(extent((item) => item.namespace, 'Namespace', 40) * 7.4 + 24), share: 0.7 });
    this.rows.setColumns(tracks, this.parameters.sort ?? '');
  }

  #draw(item) {
    const text = (column) => column.name === 'Age' && this.moment.live && item.created ? span(present() - item.created) : item.cells[column.i] ?? '';
    const cells = this.columns.map((column) => ({ text: text(column), look: column.i === 0 ? 'name' : look(column.name, item.cells[column.i]) }));
    if (this.showsNamespace) cells.unshift({ text: item.namespace, look: 'soft' });
    return { href: place.link(objectPath(this.kind, item.namespace, item.name)), cells };
  }
}

// Deployments, Ingresses, NetworkPolicies.
export function plural(kind) {
  const { kind: name, resource } = kind;
  if (resource.toLowerCase() === name.toLowerCase()) return name;
  const stem = name.toLowerCase().endsWith('y') && resource.endsWith('ies') ? name.slice(0, -1) : name;
  return resource.startsWith(stem.toLowerCase()) ? stem + resource.slice(stem.length) : name;
}

// Numbers before words; what begins with a number, as `4 (2m ago)` or `0/1`, by that. Younger things first in the column of ages.
function ordered(items, columns, sort) {
  const isDown = sort.startsWith('-');
  const title = isDown ? sort.slice(1) : sort;
  const column = columns.find((one) => one.name === title);
  const value = (item) => {
    if (title === 'Namespace') return item.namespace;
    if (title === 'Age') return -item.created || 0;
    const text = item.cells[column?.i] ?? '';
    return /^\d/.test(text) ? parseFloat(text) : text.toLowerCase();
  };
  const keyed = items.map((item, i) => ({ item, i, value: value(item) }));
  const isBefore = (a, b) => typeof a === typeof b ? a < b : typeof a === 'number';
  keyed.sort((a, b) => a.value === b.value ? a.i - b.i : (isBefore(a.value, b.value) ? -1 : 1) * (isDown ? -1 : 1));
  return keyed.map((one) => one.item);
}
