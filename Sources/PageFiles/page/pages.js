// A list by pages: of all of them the place and the length is known, of some also what is in them.
export class Pages {
  // { first: { namespace, name }, count, revision, items, list, token }; `items` is null while a page is not read. In order.
  pages = [];
  #starts = null;

  constructor(pages = []) { this.pages = pages; }

  get total() { return this.pages.length ? this.#start(this.pages.length) : 0; }
  get isComplete() { return this.pages.every((page) => page.items); }
  get read() { return this.pages.flatMap((page) => page.items ?? []); }

  // The item at a place; undefined when its page is not read.
  at(index) {
    const n = this.#pageAt(index);
    return this.pages[n]?.items?.[index - this.#start(n)];
  }

  // The first pages not read of which something lies between two places: as many as follow each other in one list, at most so many.
  missing(first, last, most = 1) {
    const out = [];
    for (let n = this.#pageAt(first); n < this.pages.length && this.#start(n) <= last && out.length < most; n++) {
      const page = this.pages[n];
      if (page.items || page.isAsked || (out.length && page.list !== out[0].list)) { if (out.length) break; else continue; }
      out.push(page);
    }
    return out;
  }

  after(page) { return this.pages[this.pages.indexOf(page) + 1]; }

  // What a page holds, as of a revision. What happened to it meanwhile is added.
  fill(page, items, revision) {
    Object.assign(page, { items, revision, count: items.length });
    this.#starts = null;
    for (const [type, item] of page.late ?? []) this.apply(type, item);
    page.late = null;
  }

  // Takes up one event of a watch.
  apply(type, item) {
    const page = this.#pageOf(item);
    if (!page || Number(item.version) <= page.revision) return;
    this.#starts = null;
    if (!page.items) {
      page.count += type === 'ADDED' ? 1 : type === 'DELETED' ? -1 : 0;
      if (page.isAsked) (page.late ??= []).push([type, item]);
      return;
    }
    const { items } = page;
    const low = firstWhere(items.length, (n) => !before(items[n], item));
    const isThere = items[low]?.key === item.key;
    if (type !== 'DELETED') items.splice(low, isThere ? 1 : 0, item); else if (isThere) items.splice(low, 1);
    page.count = items.length;
  }

  #pageOf(item) { return this.pages[Math.max(0, firstWhere(this.pages.length, (n) => before(item, this.pages[n].first)) - 1)]; }

  #pageAt(index) { return Math.max(0, firstWhere(this.pages.length, (n) => this.#start(n) > index) - 1); }

  #start(n) {
    if (!this.#starts) {
      this.#starts = [0];
      for (const page of this.pages) this.#starts.push(this.#starts[this.#starts.length - 1] + page.count);
    }
    return this.#starts[n];
  }
}

// The order of lists: by namespace, then by name, as bytes.
export const before = (a, b) => a.namespace !== b.namespace ? a.namespace < b.namespace : a.name < b.name;

// The first of 0..<count for which something holds, after which it holds for all; count when there is none.
function firstWhere(count, holds) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle; else low = middle + 1;
  }
  return low;
}
