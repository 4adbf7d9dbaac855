// The side: namespaces, and kinds with how many there were at the moment.
import { h, put } from './dom.js';
import { Latest, isAborted } from './api.js';
import { place } from './place.js';
import { inventoryNow } from './moment.js';
import { explain } from './problem.js';

const groups = [
  ['Workloads', ['pods', 'deployments.apps', 'statefulsets.apps', 'daemonsets.apps', 'replicasets.apps', 'jobs.batch', 'cronjobs.batch', 'horizontalpodautoscalers.autoscaling', 'poddisruptionbudgets.policy', 'controllerrevisions.apps', 'replicationcontrollers', 'podtemplates']],
  ['Network', ['services', 'endpointslices.discovery.k8s.io', 'endpoints', 'ingresses.networking.k8s.io', 'networkpolicies.networking.k8s.io', 'ingressclasses.networking.k8s.io']],
  ['Configuration', ['configmaps', 'secrets', 'resourcequotas', 'limitranges', 'priorityclasses.scheduling.k8s.io']],
  ['Storage', ['persistentvolumeclaims', 'persistentvolumes', 'storageclasses.storage.k8s.io', 'volumeattachments.storage.k8s.io']],
  ['Cluster', ['nodes', 'namespaces', 'events', 'leases.coordination.k8s.io', 'customresourcedefinitions.apiextensions.k8s.io', 'certificatesigningrequests.certificates.k8s.io']],
  ['Access', ['serviceaccounts', 'roles.rbac.authorization.k8s.io', 'rolebindings.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io', 'clusterrolebindings.rbac.authorization.k8s.io']],
];
export const storeOf = (kind) => kind.group ? `${kind.resource}.${kind.group}` : kind.resource;

export class Side {
  #latest = new Latest();
  #shown = '';
  #timer = 0;

  constructor(root) {
    this.root = root;
    this.namespace = h('select', { id: 'namespace', onchange: () => this.#choose() });
    this.kinds = h('div');
    this.all = false;
    put(root, h('label', { for: 'namespace' }, 'Namespace'), this.namespace, this.kinds);
  }

  #choose() {
    const ns = this.namespace.value;
    if (place.path[0] === 'object') place.go(['objects', place.path[1] ?? 'pods'], { ns });
    else place.change({ ns });
  }

  show(here, moment, about) {
    this.about = about;
    if (moment.isMoving && !moment.revision) return;
    const key = [moment.live ? 'live' : moment.revision, here.parameters.ns, here.parameters.fork].join('|');
    this.#mark();
    if (key === this.#shown && !moment.live) return;
    if (key !== this.#shown || !this.inventory) this.#load(key);
    clearInterval(this.#timer);
    if (moment.live) this.#timer = setInterval(() => { if (!document.hidden) this.#load(key); }, 5000);
  }

  async #load(key) {
    this.#shown = key;
    const signal = this.#latest.begin();
    try {
      this.inventory = await inventoryNow(place.parameters.ns ?? '', signal);
    } catch (error) {
      if (!isAborted(error)) put(this.kinds, h('p', { class: 'bad', style: { padding: '8px 6px' } }, explain(error).title));
      return;
    }
    this.#fill();
  }

  #fill() {
    const { namespaces, kinds, allNamespacesVisible } = this.inventory;
    const chosen = place.parameters.ns ?? '';
    const names = chosen && !namespaces.includes(chosen) ? [chosen, ...namespaces] : namespaces;
    const wanted = ['', ...names].join('\n');
    if (this.namespace.dataset.names !== wanted) {
      put(this.namespace, h('option', { value: '' }, allNamespacesVisible ? 'All namespaces' : 'All I may see'), names.map((name) => h('option', { value: name }, name)));
      this.namespace.dataset.names = wanted;
    }
    this.namespace.value = chosen;
    const byStore = new Map(kinds.map((kind) => [storeOf(kind), kind]));
    const known = new Set(groups.flatMap(([, list]) => list));
    const rest = kinds.filter((kind) => !known.has(storeOf(kind)));
    const sections = [...groups.map(([title, list]) => [title, list.map((store) => byStore.get(store)).filter(Boolean)]),
      ['Custom', rest.filter((kind) => kind.custom)], ['Other', rest.filter((kind) => !kind.custom)]];
    const focus = document.activeElement?.dataset?.store;
    const hidden = { n: 0 };
    put(this.kinds, sections.map(([title, list]) => {
      const shown = list.filter((kind) => {
        const stays = this.all || kind.count > 0 || storeOf(kind) === this.about.store;
        if (!stays) hidden.n++;
        return stays;
      });
      return shown.length ? [h('h3', { id: `side-${title}` }, title), h('ul', { 'aria-labelledby': `side-${title}` }, shown.map((kind) => this.#line(kind)))] : null;
    }), h('div', { class: 'more' }, h('button', { class: 'plain', type: 'button', onclick: () => { this.all = !this.all; this.#fill(); } },
      this.all ? 'Only kinds with objects' : `${hidden.n} more kinds`)));
    this.#mark();
    if (focus) this.kinds.querySelector(`[data-store="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  }

  #line(kind) {
    const store = storeOf(kind);
    const isHidden = kind.visible === 'none';
    return h('li', { class: kind.count ? '' : 'none' }, h('a', { 'data-store': store, title: isHidden ? `${kind.kind}: you may not list these` : `${kind.kind}, ${kind.group || 'core'}/${kind.version}` },
      h('span', { class: 'cut' }, kind.kind), h('span', { class: 'count' }, isHidden ? 'no right' : kind.count.toLocaleString())));
  }

  #mark() {
    for (const line of this.kinds.querySelectorAll('a')) {
      const { store } = line.dataset;
      line.href = place.link(['objects', store], { ns: place.parameters.ns });
      if (store === this.about.store) line.setAttribute('aria-current', 'true'); else line.removeAttribute('aria-current');
    }
  }
}
