// Nodes and the pods on them. As time plays, pods appear, change colour and move; each keeps its square while it lives.
import { h, put, announce } from './dom.js';
import { json, stream, prefix, own, query, Latest, isAborted } from './api.js';
import { place, objectPath } from './place.js';
import { inventoryNow } from './moment.js';
import { problem, empty, explain } from './problem.js';
import { podLook } from './looks.js';

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const podKind = { resource: 'pods', group: '' };
const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const squaresMax = 400; // of one node
const podsMax = 10_000;

export class NodesView {
  title = 'Nodes';
  #latest = new Latest();
  #shown = '';
  #squares = new Map();

  constructor(root) {
    this.busy = h('div', { class: 'busy' });
    this.count = h('span', { class: 'soft' });
    this.body = h('div', { class: 'scroll' });
    const key = [['running', 'ready'], ['unready', 'not ready'], ['pending', 'pending'], ['failed', 'failing'], ['succeeded', 'done'], ['leaving running', 'leaving']];
    root.append(h('section', { class: 'view', 'aria-label': 'Nodes' }, this.busy, h('div', { class: 'head' }, h('h1', 'Nodes'), this.count, h('span', { class: 'room' }),
      h('span', { class: 'key', 'aria-label': 'Colours' }, key.map(([look, words]) => h('span', h('i', { class: `pod ${look}` }), words)))), this.body));
  }

  end() { this.#latest.end(); clearTimeout(this.#timer); }

  show(path, parameters, moment) {
    const namespace = parameters.ns ?? '';
    const key = [namespace, parameters.fork, moment.live ? 'live' : moment.revision].join('|');
    this.moment = moment;
    if (moment.problem && !moment.live) put(this.body, problem(moment.problem));
    else if (key !== this.#shown && (moment.live || moment.revision)) {
      this.#shown = key;
      this.#load(namespace);
    }
    return { namespace, store: 'pods', title: 'Nodes', step: { namespace, resource: 'pods' } };
  }

  async #load(namespace) {
    const signal = this.#latest.begin();
    const { moment } = this;
    this.busy.classList.add('on');
    try {
      const [nodes, list] = await Promise.all([
        json(prefix(moment) + '/api/v1/nodes', { signal }).catch((error) => { if (isAborted(error)) throw error; return { error, items: [] }; }),
        this.#pods(namespace, signal),
      ]);
      this.pods = list.pods;
      this.nodes = nodes.items;
      this.nodesError = nodes.error;
      this.#draw();
      if (moment.live) for (const { path, version } of list.parts.slice(0, 6)) this.#follow(path, version, signal);
    } catch (error) {
      if (!isAborted(error)) put(this.body, problem(error, { retry: () => this.#load(namespace) }));
    } finally {
      if (!signal.aborted) this.busy.classList.remove('on');
    }
  }

  // The pods of a namespace or of all; for those who may see only some, of each of these.
  async #pods(namespace, signal) {
    const inventory = namespace ? null : await inventoryNow('', signal);
    const isPartial = inventory?.kinds.find((kind) => kind.resource === 'pods' && !kind.group)?.visible === 'some';
    const paths = (isPartial ? inventory.namespaces : [namespace]).map((name) => '/api/v1' + (name ? `/namespaces/${encodeURIComponent(name)}` : '') + '/pods');
    const lists = await Promise.all(paths.map((path) => this.#read(path, signal).catch((error) => {
      if (error.code !== 403 || paths.length < 2) throw error;
      return { rows: [], metadata: {}, columnDefinitions: null };
    })));
    this.left = lists.reduce((sum, list) => sum + (list.metadata.remainingItemCount ?? 0), 0);
    const columns = lists.find((list) => list.columnDefinitions)?.columnDefinitions ?? [];
    this.column = Object.fromEntries(['Status', 'Ready', 'Node'].map((name) => [name, columns.findIndex((column) => column.name === name)]));
    return { pods: new Map(lists.flatMap((list) => list.rows).map((row) => [row.object.metadata.uid, this.#pod(row)])), parts: lists.map((list, i) => ({ path: own(paths[i]), version: list.metadata.resourceVersion })).filter((part) => part.version) };
  }

  // A list page by page, up to what a picture can show.
  async #read(path, signal) {
    let whole;
    for (let next = ''; ;) {
      const page = await json(prefix(this.moment) + path + query({ limit: 1000, continue: next }), { signal, accept: asTable });
      if (whole) whole.rows.push(...page.rows);
      whole ??= page;
      whole.metadata = { ...page.metadata, resourceVersion: whole.metadata.resourceVersion };
      next = page.metadata.continue;
      if (!next || whole.rows.length >= podsMax) return whole;
    }
  }

  // What is needed of a pod, from its line of the table: little, because there may be many.
  #pod({ cells, object: { metadata } }) {
    const node = cells[this.column.Node];
    return { uid: metadata.uid, name: metadata.name, namespace: metadata.namespace, born: metadata.creationTimestamp, node: node === '<none>' ? '' : node ?? '', status: String(cells[this.column.Status]), ready: String(cells[this.column.Ready]) };
  }

  #timer = 0;
  async #follow(pods, version, signal) {
    try {
      await stream(pods + query({ watch: 1, resourceVersion: version }), ({ type, object }) => {
        for (const row of object.rows ?? []) if (type === 'DELETED') this.pods.delete(row.object.metadata.uid); else this.pods.set(row.object.metadata.uid, this.#pod(row));
        if (!this.#timer) this.#timer = setTimeout(() => { this.#timer = 0; if (!signal.aborted) this.#draw(); }, 150);
      }, { signal, accept: asTable });
    } catch (error) {
      if (isAborted(error)) return;
    }
    setTimeout(() => { if (!signal.aborted) { this.#shown = ''; this.show([], place.parameters, this.moment); } }, 2000);
  }

  #draw() {
    const all = [...this.pods.values()].sort((a, b) => a.born < b.born ? -1 : a.born > b.born ? 1 : a.name < b.name ? -1 : 1);
    const byNode = new Map(this.nodes.map((node) => [node.metadata.name, []]));
    for (const pod of all) {
      if (!byNode.has(pod.node)) byNode.set(pod.node, []);
      byNode.get(pod.node).push(pod);
    }
    this.count.textContent = `${this.nodesError ? '' : `${this.nodes.length.toLocaleString()} nodes, `}${this.left > 0 ? `the first ${all.length.toLocaleString()} of ${(all.length + this.left).toLocaleString()}` : all.length.toLocaleString()} pods`;
    if (!this.nodes.length && !all.length && !this.nodesError) {
      put(this.body, empty('No nodes', 'There was no node and no pod at this moment.'));
      return;
    }
    // First where everything is, then where it goes: the way between is shown.
    const before = calm.matches ? null : new Map([...this.#squares].filter(([, square]) => square.isConnected).map(([uid, square]) => [uid, square.getBoundingClientRect()]));
    const used = new Map();
    const cards = [];
    const waiting = byNode.get('') ?? [];
    byNode.delete('');
    if (waiting.length) cards.push(this.#card('Not on a node', 'waiting for the scheduler', waiting, used, null));
    for (const name of [...byNode.keys()].sort()) cards.push(this.#card(name, null, byNode.get(name), used, this.nodes.find((node) => node.metadata.name === name)));
    const focus = document.activeElement?.dataset?.uid;
    const scroll = this.body.scrollTop;
    put(this.body, this.nodesError ? h('p', { class: 'strip', role: 'status' }, `${explain(this.nodesError).title}: nodes. Pods are shown by the node they name.`) : null, h('div', { class: 'nodes' }, cards));
    this.body.scrollTop = scroll;
    if (focus) used.get(focus)?.focus({ preventScroll: true });
    this.#squares = used;
    if (!before || used.size > 600) return;
    for (const [uid, square] of used) {
      const old = before.get(uid);
      if (!old) {
        if (before.size) square.animate([{ transform: 'scale(.2)', opacity: 0 }, { transform: 'none', opacity: 1 }], { duration: 260, easing: 'ease-out' });
        continue;
      }
      const now = square.getBoundingClientRect();
      if (old.left === now.left && old.top === now.top) continue;
      square.animate([{ transform: `translate(${old.left - now.left}px, ${old.top - now.top}px)` }, { transform: 'none' }], { duration: 320, easing: 'cubic-bezier(.2,.7,.2,1)' });
    }
  }

  #card(name, note, pods, used, node) {
    const conditions = node?.status?.conditions ?? [];
    const isReady = conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    const capacity = node?.status?.allocatable ?? {};
    const facts = node ? [capacity.cpu && `${capacity.cpu} cpu`, capacity.memory && memory(capacity.memory), node.status?.nodeInfo?.kubeletVersion].filter(Boolean).join(' · ') : note ?? (this.nodesError ? '' : 'no such node any more');
    return h('section', { class: node && !isReady ? 'node bad' : 'node', 'aria-label': `${name}, ${pods.length} pods` },
      h('header', node ? h('a', { class: 'cut', href: place.link(objectPath({ resource: 'nodes' }, '', name)) }, name) : h('strong', name),
        node ? h('span', { class: `tag ${isReady ? 'good' : 'bad'}` }, isReady ? 'Ready' : 'NotReady') : null, node?.spec?.unschedulable ? h('span', { class: 'tag warn' }, 'cordoned') : null,
        h('span', { style: { flex: 1 } }), h('span', { class: 'soft' }, pods.length)),
      h('div', { class: 'facts' }, facts),
      h('div', { class: pods.length > 90 ? 'pods small' : 'pods' }, pods.slice(0, squaresMax).map((pod, i) => this.#square(pod, used, i === 0)), pods.length > squaresMax ? h('span', { class: 'faint' }, `and ${(pods.length - squaresMax).toLocaleString()} more`) : null));
  }

  #square({ uid, name, namespace, status, ready }, used, isFirst) {
    const { look, words } = podLook(status, ready);
    const square = this.#squares.get(uid) ?? h('a', { 'data-uid': uid });
    square.className = `pod ${look}`;
    // One stop of a node for the tab key; the arrows go from pod to pod.
    square.tabIndex = isFirst || square === document.activeElement ? 0 : -1;
    square.href = place.link(objectPath(podKind, namespace, name));
    square.title = `${namespace}/${name}\n${words}`;
    square.setAttribute('aria-label', `${name} in ${namespace}, ${words}`);
    square.textContent = name[0].toUpperCase();
    used.set(uid, square);
    return square;
  }
}

function memory(text) {
  const ki = /^(\d+)Ki$/.exec(text);
  return ki ? `${(Number(ki[1]) / 1048576).toFixed(1)} GiB` : text;
}
