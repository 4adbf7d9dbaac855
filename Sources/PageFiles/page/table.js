// Lists as the server's own Tables: the columns are kubectl's. Of a long one the pages that are looked at are read, wherever they lie;
// in the present the list is followed.
import { json, stream, prefix, own, query, Latest, isAborted } from './api.js';
import { Pages, before } from './pages.js';

const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const pageSize = 500;
const followedMax = 30; // lists of namespaces that are watched at a time
const atOnce = 3;
const pagesAtOnce = 6;

export const apiPath = (kind) => kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;

export function listPath(kind, namespace) {
  const inside = kind.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${apiPath(kind)}${inside}/${kind.resource}`;
}
export function objectPathOf(kind, namespace, name) { return `${listPath(kind, namespace)}/${encodeURIComponent(name)}`; }

export class TableList {
  #latest = new Latest();
  #pages = new Pages();
  #asked = 0;
  #wanted = [0, 0];
  #wantsAll = false;
  columns = [];
  isReading = false;
  error = null;
  // Another number whenever something else is to be seen.
  version = 0;

  // `changed()` is called when there is more, or something else, to show.
  constructor(changed) { this.changed = changed; }

  get total() { return this.#pages.total; }
  get isComplete() { return this.#pages.isComplete; }
  at(index) { return this.#pages.at(index); }
  // All that is read so far.
  get items() { return this.#pages.read; }

  end() { this.#latest.end(); clearTimeout(this.#timer); this.#timer = 0; }

  // Begins a list of a namespace, or of all with ''. The old rows stay until the first page of the new ones is there (`keep`).
  async read(kind, namespace, selector, moment, { keep = false } = {}) {
    const signal = this.#latest.begin();
    Object.assign(this, { kind, selector, moment, signal, error: null, isReading: true });
    this.#asked = 0;
    this.#wantsAll = false;
    if (!keep) { this.#pages = new Pages(); this.columns = []; }
    this.#known = keep ? new Map(this.items.map((item) => [item.key, item])) : null;
    this.changed();
    try {
      // Who may see only some namespaces has one list of each.
      if (kind.namespaced && !namespace && kind.visible === 'some') await this.#begin(await this.#index(''), null);
      else await this.#readFirst(namespace);
    } catch (error) {
      this.#failed(error);
    }
  }
  #known = null;

  async #readFirst(namespace) {
    const { signal, moment } = this;
    const first = await this.#get(namespace, { limit: pageSize });
    const revision = Number(first.metadata.resourceVersion);
    const items = this.#rows(first);
    const page = { first: items[0] ?? { namespace: '', name: '' }, count: items.length, revision, items, list: namespace, token: '' };
    const more = first.metadata.continue;
    this.columns = first.columnDefinitions.map((column, i) => ({ ...column, i }));
    if (!more) {
      this.#show(new Pages([page]));
    } else {
      // How many follow is known at once, or with the places of the pages.
      const rest = first.metadata.remainingItemCount;
      if (rest) this.#show(new Pages([page, { first: { namespace: items[items.length - 1].namespace, name: items[items.length - 1].name + '\0' }, count: rest, revision, items: null, isAsked: true, list: namespace }]));
      await this.#begin(await this.#index(namespace), page);
    }
    if (moment.live && !signal.aborted) this.#follow(namespace, first.metadata.resourceVersion);
  }

  // Where the pages of a list are.
  async #index(namespace) {
    const { kind, selector, moment, signal } = this;
    return json(own('/reckon/v1/pages' + query({
      group: kind.group, resource: kind.resource, namespace, labelSelector: selector, size: pageSize, at: moment.live ? '' : moment.revision,
    })), { signal });
  }

  async #begin(index, known) {
    const { signal, moment } = this;
    const pages = index.pages.map((page) => ({
      first: { namespace: page.namespace ?? '', name: page.name }, count: page.count, revision: index.revision, items: null, list: page.list ?? '', token: page.continue ?? '',
    }));
    if (!pages.length) pages.push(known ?? { first: { namespace: '', name: '' }, count: 0, revision: index.revision, items: [], list: '', token: '' });
    const [first] = pages;
    if (known) {
      const end = pages[1]?.first;
      const items = end ? known.items.filter((item) => before(item, end)) : known.items;
      Object.assign(first, { items, count: items.length, revision: known.revision });
      for (const page of pages) page.list = known.list;
    } else if (first.count) {
      const answer = await this.#get(first.list, { limit: first.count });
      this.columns = answer.columnDefinitions.map((column, i) => ({ ...column, i }));
      const items = this.#rows(answer);
      Object.assign(first, { items, count: items.length, revision: Number(answer.metadata.resourceVersion) });
    }
    if (signal.aborted) return;
    this.#show(new Pages(pages));
    if (moment.live && !known) for (const list of [...new Set(pages.map((page) => page.list))].slice(0, followedMax)) this.#follow(list, String(index.revision));
  }

  #show(pages) {
    this.#pages = pages;
    this.isReading = false;
    this.#known = null;
    this.#tell();
    this.#pump();
  }

  #get(namespace, parameters) {
    return json(prefix(this.moment) + listPath(this.kind, namespace) + query({ labelSelector: this.selector, ...parameters }), { accept: asTable, signal: this.signal });
  }

  // Rows from one place to another are looked at, or all are needed.
  want(first, last) { this.#wanted = [first, last]; this.#pump(); }
  wantAll() { this.#wantsAll = true; this.#pump(); }

  // What is looked at comes first, a page at a time; where all are needed, several at once.
  #pump() {
    while (this.#asked < atOnce && !this.error && !this.isReading) {
      const wanted = this.#pages.missing(...this.#wanted);
      const next = wanted.length || !this.#wantsAll ? wanted : this.#pages.missing(0, Infinity, pagesAtOnce);
      if (!next.length) return;
      this.#readPages(next);
    }
  }

  async #readPages(wanted) {
    const { signal, moment } = this;
    const pages = this.#pages;
    const [{ list, token }] = wanted;
    for (const page of wanted) page.isAsked = true;
    this.#asked++;
    try {
      // In the present some may have come since the places were known.
      const limit = wanted.reduce((sum, page) => sum + page.count, 0) + (moment.live ? 100 : 0);
      const answer = await this.#get(list, { limit, continue: token });
      if (signal.aborted) return;
      const items = this.#rows(answer);
      let from = 0;
      for (const page of wanted) {
        const next = pages.after(page);
        const end = next?.list === list ? next.first : null;
        let to = end ? from : items.length;
        while (end && to < items.length && before(items[to], end)) to++;
        pages.fill(page, items.slice(from, to), Number(answer.metadata.resourceVersion));
        from = to;
      }
      this.#soon();
    } catch (error) {
      for (const page of wanted) page.isAsked = false;
      if (!signal.aborted) this.#failed(error);
    } finally {
      if (signal === this.signal) {
        this.#asked--;
        this.#pump();
      }
    }
  }

  #failed(error) {
    if (isAborted(error)) return;
    this.error = error;
    this.isReading = false;
    this.#tell();
    // A server that is away or busy is asked again.
    const { signal } = this;
    if (error.code === 0 || error.code === 429 || error.code >= 500) setTimeout(() => { if (!signal.aborted) this.again?.(); }, 3000);
  }

  #rows(page) { return page.rows.map((row) => this.#item(row)); }

  #item(row) {
    const { metadata } = row.object;
    const cells = row.cells.map((cell) => cell === null ? '' : String(cell));
    const key = `${metadata.namespace ?? ''}/${metadata.name}`;
    const text = `${metadata.namespace ?? ''} ${cells.join(' ')}`.toLowerCase();
    const known = this.#known?.get(key);
    // The age column alone is no change.
    if (known && known.version === metadata.resourceVersion && known.text === text) return known;
    return {
      key, namespace: metadata.namespace ?? '', name: metadata.name, cells, text, version: metadata.resourceVersion,
      fresh: Boolean(this.#known) && known?.version !== metadata.resourceVersion, created: Date.parse(metadata.creationTimestamp),
    };
  }

  // Follows the present: changes arrive one by one and are shown a few times a second.
  async #follow(namespace, version) {
    const { signal } = this;
    const path = own(listPath(this.kind, namespace));
    try {
      await stream(path + query({ watch: 1, resourceVersion: version, labelSelector: this.selector, allowWatchBookmarks: true }), (event) => {
        if (signal.aborted || event.type === 'BOOKMARK') return;
        if (event.type === 'ERROR') throw Object.assign(new Error(event.object.message), { code: event.object.code });
        for (const row of event.object.rows ?? []) this.#pages.apply(event.type, { ...this.#item(row), fresh: true });
        this.#soon();
      }, { accept: asTable, signal });
    } catch (error) {
      if (isAborted(error) || signal.aborted) return;
      if (error.code === 401 || error.code === 403) return;
    }
    // The stream ended, as they do: a while later the list is read anew.
    setTimeout(() => { if (!signal.aborted) this.again?.(); }, 2000);
  }

  #timer = 0;
  #soon() {
    const { signal } = this;
    // What is made of a long list takes its time.
    this.#timer ||= setTimeout(() => { this.#timer = 0; if (!signal.aborted) this.#tell(); }, this.#wantsAll && this.total > 5000 ? 400 : 120);
  }
  #tell() { this.version++; this.changed(); }
}
