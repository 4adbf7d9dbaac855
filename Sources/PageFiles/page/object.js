// One object: its tabs, and the object itself at the moment.
import { h, put } from './dom.js';
import { place, objectPath } from './place.js';
import { jsonAt, json, own, prefix, query, Latest, isAborted } from './api.js';
import { inventoryNow, knownInventory } from './moment.js';
import { storeOf } from './side.js';
import { plural } from './objects.js';
import { objectPathOf } from './table.js';
import { problem, empty } from './problem.js';
import { showYAML } from './objectyaml.js';
import { showVersions } from './versions.js';
import { showDiff } from './versiondiff.js';
import { showBlame } from './blame.js';
import { showGraph } from './graph.js';
import { showEvents } from './objectevents.js';
import { showLogs } from './logs.js';

const tabs = [
  ['yaml', 'YAML', showYAML], ['history', 'History', showVersions], ['diff', 'Diff', showDiff], ['blame', 'Blame', showBlame],
  ['graph', 'Owners and causes', showGraph], ['events', 'Events', showEvents], ['logs', 'Logs', showLogs],
];

export class ObjectView {
  title = 'Object';
  #latest = new Latest();
  #shown = '';

  constructor(root) {
    this.busy = h('div', { class: 'busy' });
    this.heading = h('h1', { class: 'cut' });
    this.about = h('span', { class: 'soft cut' });
    this.up = h('a');
    this.list = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views of the object', onkeydown: (event) => this.#key(event) });
    this.body = h('div', { class: 'scroll', role: 'tabpanel', tabindex: '0', id: 'object-panel' });
    root.append(h('section', { class: 'view' }, this.busy, h('div', { class: 'head' }, this.up, h('span', { class: 'faint', 'aria-hidden': 'true' }, '/'), this.heading, this.about), this.list, this.body));
  }

  end() { this.#latest.end(); this.stop?.(); }

  show(path, parameters, moment) {
    const [store, space, name, tab = 'yaml'] = path;
    const namespace = space === '-' ? '' : space ?? '';
    Object.assign(this, { store, namespace, name, tab, parameters, moment });
    const known = this.#kind(knownInventory());
    this.heading.textContent = name ?? '';
    this.up.textContent = known ? plural(known) : store;
    this.up.href = place.link(['objects', store ?? 'pods'], { ns: namespace });
    put(this.list, tabs.filter(([id]) => id !== 'logs' || store === 'pods').map(([id, title]) => h('a', {
      role: 'tab', href: place.link(objectPath({ resource: store }, namespace, name, id), id === 'diff' ? { a: parameters.a, b: parameters.b } : {}),
      'aria-selected': String(id === tab), 'aria-controls': 'object-panel', tabindex: id === tab ? '0' : '-1', 'data-tab': id,
    }, title)));
    const key = [path.join('/'), JSON.stringify({ ...parameters, at: '' }), moment.live ? 'live' : moment.revision].join('|');
    if (key !== this.#shown && (moment.live || moment.revision || moment.problem)) {
      this.#shown = key;
      this.#load();
    }
    return {
      store, namespace, title: `${name} ${tabs.find(([id]) => id === tab)?.[1] ?? ''}`,
      step: { resource: known?.resource ?? store?.split('.')[0], group: known?.group ?? '', namespace, name },
    };
  }

  #key(event) {
    const all = [...this.list.children];
    const at = all.indexOf(document.activeElement);
    if (at < 0 || !['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
    all[(at + (event.key === 'ArrowRight' ? 1 : all.length - 1)) % all.length].focus();
    event.preventDefault();
    event.stopPropagation();
  }

  #kind(inventory) { return inventory?.kinds.find((kind) => storeOf(kind) === this.store || kind.resource === this.store); }

  // What a tab gets: the object asked about, ways to ask, and a place to put the answer.
  async #load() {
    this.stop?.();
    this.stop = null;
    const signal = this.#latest.begin();
    const { moment, tab } = this;
    this.busy.classList.add('on');
    try {
      if (moment.problem && !moment.live) throw moment.problem;
      let kind = this.#kind(knownInventory());
      kind ??= this.#kind(await inventoryNow('', signal));
      if (!kind) {
        put(this.body, empty('No such kind', `Nothing called "${this.store}" was served at this moment.`));
        return;
      }
      const named = query({ group: kind.group, resource: kind.resource, namespace: this.namespace, name: this.name });
      const context = {
        kind, namespace: this.namespace, name: this.name, moment, parameters: this.parameters, signal, named, body: this.body, view: this,
        path: objectPathOf(kind, this.namespace, this.name),
        at: (revision) => jsonAt(prefix(revision ? { revision } : moment) + objectPathOf(kind, this.namespace, this.name), { signal }).then((answer) => answer.document),
        history: () => json(own('/reckon/v1/history' + named), { signal }),
        link: (to, parameters) => place.link(objectPath(kind, this.namespace, this.name, to), parameters),
      };
      this.about.textContent = [kind.kind, this.namespace ? `in ${this.namespace}` : ''].join(' ');
      const show = tabs.find(([id]) => id === tab)?.[2] ?? showYAML;
      this.stop = await show(context);
    } catch (error) {
      if (isAborted(error)) return;
      put(this.body, error.code === 404 && this.tab !== 'history' ? this.#absent(error) : problem(error, { retry: () => { this.#shown = ''; this.show([this.store, this.namespace || '-', this.name, this.tab], this.parameters, this.moment); } }));
    } finally {
      if (!signal.aborted) this.busy.classList.remove('on');
    }
  }

  #absent(error) {
    const box = problem(error);
    box.querySelector('.do').append(h('a', { href: place.link(objectPath({ resource: this.store }, this.namespace, this.name, 'history')) }, h('span', 'See its history')));
    return box;
  }
}
