// Lists as the server's own Tables: the columns are kubectl's. Read a page at a time, and kept up to date in the present.
import { json, ask, stream, prefix, query, Latest, isAborted } from './api.js';

const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
// The first page is soon there; those after it are fewer and larger.
const pageSize = 500;
const laterPageSize = 1500;

export const apiPath = (kind) => kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;

export function listPath(kind, namespace) {
  const inside = kind.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${apiPath(kind)}${inside}/${kind.resource}`;
}
export function objectPathOf(kind, namespace, name) { return `${listPath(kind, namespace)}/${encodeURIComponent(name)}`; }

export class TableList {
  #latest = new Latest();
  items = [];
  columns = [];
  total = 0;

  // `changed()` is called when there is more, or something else, to show.
  constructor(changed) { this.changed = changed; }

  end() { this.#latest.end(); clearTimeout(this.#timer); }

  // Begins a list of these namespaces one after the other ('' for all): the old rows stay until the first page of the new ones is there.
  async read(kind, namespaces, selector, moment, { keep = false } = {}) {
    const signal = this.#latest.begin();
    this.paths = namespaces.map((namespace) => prefix(moment) + listPath(kind, namespace));
    this.counted = namespaces.length > 1 ? kind.count : 0;
    this.selector = selector;
    this.signal = signal;
    this.error = null;
    this.isReading = true;
    this.isReaching = false;
    this.wanted = 0;
    if (!keep) { this.items = []; this.total = 0; this.columns = []; }
    this.changed();
    try {
      const old = keep ? new Map(this.items.map((item) => [item.key, item])) : null;
      this.next = { path: 0, token: '' };
      const pages = [];
      // The first page that says something; of namespaces that are empty or closed there may be many.
      do pages.push(await this.#page(this.next)); while (this.next && !pages.some((page) => page.rows.length) && pages.length < 200);
      this.columns = pages[pages.length - 1].columnDefinitions.map((column, i) => ({ ...column, i }));
      this.items = pages.flatMap((page) => page.rows.map((row) => this.#item(row, old)));
      this.#took();
      if (moment.live) for (const [i, page] of pages.slice(0, 6).entries()) if (page.metadata.resourceVersion) this.#follow(this.paths[i], page.metadata.resourceVersion);
    } catch (error) {
      this.#failed(error);
    }
  }

  // A page from there on; afterwards `next` is where to go on, null at the end.
  async #page({ path, token }) {
    let page;
    try {
      page = await json(this.paths[path] + query({ limit: token ? laterPageSize : pageSize, labelSelector: this.selector, continue: token }), { accept: asTable, signal: this.signal });
    } catch (error) {
      // One namespace of several that is closed is passed over.
      if (error.code !== 403 || this.paths.length < 2) throw error;
      page = { rows: [], columnDefinitions: this.columns, metadata: {} };
    }
    const more = page.metadata.continue;
    this.next = more ? { path, token: more } : path + 1 < this.paths.length ? { path: path + 1, token: '' } : null;
    this.left = page.metadata.remainingItemCount ?? (more ? pageSize : 0);
    return page;
  }

  #took() {
    this.total = this.next ? Math.max(this.items.length + this.left, this.counted) : this.items.length;
    this.isReading = false;
    this.changed();
  }

  #failed(error) {
    if (isAborted(error)) return;
    this.error = error;
    this.isReading = false;
    if (!this.next) { this.items = []; this.total = 0; }
    this.changed();
    // A server that is away or busy is asked again.
    const { signal } = this;
    if (error.code === 0 || error.code === 429 || error.code >= 500) setTimeout(() => { if (!signal.aborted) this.again?.(); }, 3000);
  }

  // Reads on until there are so many rows. Asked again while it reads, it reads further.
  async reach(count) {
    this.wanted = Math.max(this.wanted, count);
    if (this.isReaching || !this.next || this.error) return;
    const { signal } = this;
    this.isReaching = true;
    try {
      while (this.next && this.items.length < this.wanted && !signal.aborted) {
        const page = await this.#page(this.next);
        if (signal.aborted) return;
        for (const row of page.rows) this.items.push(this.#item(row));
        this.#took();
      }
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    } finally {
      if (signal === this.signal) this.isReaching = false;
    }
    this.changed();
  }

  #item(row, old) {
    const { metadata } = row.object;
    const cells = row.cells.map((cell) => cell === null ? '' : String(cell));
    const key = `${metadata.namespace ?? ''}/${metadata.name}`;
    const text = `${metadata.namespace ?? ''} ${cells.join(' ')}`.toLowerCase();
    const known = old?.get(key);
    // The age column alone is no change.
    if (known && known.version === metadata.resourceVersion && known.text === text) return known;
    return {
      key, namespace: metadata.namespace ?? '', name: metadata.name, cells, text, version: metadata.resourceVersion,
      fresh: Boolean(old) && known?.version !== metadata.resourceVersion, created: Date.parse(metadata.creationTimestamp),
    };
  }

  // Follows the present: changes arrive one by one and are shown a few times a second.
  #timer = 0;
  async #follow(path, version) {
    const signal = this.signal;
    try {
      await stream(path + query({ watch: 1, resourceVersion: version, labelSelector: this.selector, allowWatchBookmarks: true }), (event) => {
        if (signal.aborted || event.type === 'BOOKMARK') return;
        if (event.type === 'ERROR') throw Object.assign(new Error(event.object.message), { code: event.object.code });
        for (const row of event.object.rows ?? []) this.#apply(event.type, row);
        if (!this.#timer) this.#timer = setTimeout(() => { this.#timer = 0; if (!signal.aborted) this.changed(); }, 200);
      }, { accept: asTable, signal });
    } catch (error) {
      if (isAborted(error) || signal.aborted) return;
      if (error.code === 401 || error.code === 403) return;
    }
    // The stream ended, as they do: a while later the list is read anew.
    setTimeout(() => { if (!signal.aborted) this.again?.(); }, 2000);
  }

  #apply(type, row) {
    const item = { ...this.#item(row), fresh: true };
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.items[middle], item)) low = middle + 1; else high = middle;
    }
    const isThere = this.items[low]?.key === item.key;
    if (type === 'DELETED') {
      if (isThere) { this.items.splice(low, 1); this.total--; }
    } else if (isThere) {
      this.items[low] = item;
    } else if (low < this.items.length || !this.next) {
      this.items.splice(low, 0, item);
      this.total++;
    } else {
      this.total++;
    }
  }
}

// The order of lists: by namespace, then by name, as bytes.
const before = (a, b) => a.namespace !== b.namespace ? a.namespace < b.namespace : a.name < b.name;

export async function text(path, options) { return (await ask(path, { accept: '*/*', ...options })).text(); }
