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
import { span } from './clock.js';

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
    this.rows = new Rows('Objects', { draw: (item) => this.#draw(item), reached: (n) => this.list.reach(n) });
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
    const inventory = knownInventory();
    const namespaces = !kind.namespaced ? [''] : parameters.ns ? [parameters.ns] : kind.visible === 'some' ? inventory.namespaces : [''];
    await this.list.read(kind, namespaces, parameters.l ?? '', moment, { keep });
  }

  #render() {
    const { list } = this;
    this.busy.classList.toggle('on', list.isReading || list.isReaching === true);
    if (list.error) {
      put(this.body, problem(list.error, { retry: () => list.again() }));
      this.count.textContent = '';
      return;
    }
    const words = (this.parameters.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    let items = list.items;
    let total = list.total;
    if (words.length) {
      items = items.filter((item) => words.every((word) => item.text.includes(word)));
      total = items.length;
      if (list.next) list.reach(Infinity);
      this.count.textContent = list.next ? `${items.length.toLocaleString()} found among ${list.items.length.toLocaleString()} of ${list.total.toLocaleString()}` : `${items.length.toLocaleString()} of ${list.total.toLocaleString()}`;
    } else {
      this.count.textContent = !list.columns.length ? '' : list.isReaching ? `${list.items.length.toLocaleString()} of ${total.toLocaleString()} read` : total.toLocaleString();
    }
    if (!list.isReading && !items.length && list.columns.length) {
      const where = this.parameters.ns ? ` in ${this.parameters.ns}` : '';
      put(this.body, words.length || this.parameters.l
        ? empty('Nothing fits', `There are ${plural(this.kind).toLowerCase()}${where}, perhaps, but none that fits the filter.`, h('button', { type: 'button', onclick: () => place.change({ q: '', l: '' }) }, 'Clear the filter'))
        : empty(`No ${plural(this.kind).toLowerCase()}`, `There were none${where} ${this.moment.live ? 'up to now' : `at revision ${this.moment.revision}`}.`));
      announce(`No ${plural(this.kind)}`);
      return;
    }
    if (!list.columns.length) return;
    if (!this.body.contains(this.rows.element)) put(this.body, this.rows.element);
    this.columns = list.columns.filter((column) => column.priority === 0);
    const showsNamespace = this.kind.namespaced && !this.parameters.ns;
    const extent = (i) => items.slice(0, 60).reduce((most, item) => Math.max(most, item.cells[i]?.length ?? 0), 0);
    const tracks = this.columns.map((column) => {
      const chars = Math.min(Math.max(extent(column.i), column.name.length), column.i === 0 ? 56 : 38);
      return { title: column.name, width: column.i === 0 ? `minmax(${Math.round(chars * 6.9 + 24)}px, 1.4fr)` : `minmax(${Math.round(chars * 6.7 + 24)}px, 1fr)` };
    });
    if (showsNamespace) {
      const chars = items.slice(0, 60).reduce((most, item) => Math.max(most, item.namespace.length), 9);
      tracks.unshift({ title: 'Namespace', width: `minmax(${Math.round(chars * 6.8 + 24)}px, .7fr)` });
    }
    this.showsNamespace = showsNamespace;
    this.rows.setColumns(tracks);
    this.rows.element.setAttribute('aria-label', plural(this.kind));
    this.rows.setItems(items, total);
  }

  #draw(item) {
    const text = (column) => column.name === 'Age' && this.moment.live && item.created ? span(Date.now() - item.created) : item.cells[column.i] ?? '';
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
