// A list of any length of which only what is in sight exists. Rows are 28 pixels; columns share one template.
import { h, put } from './dom.js';

const high = 28;

export class Rows {
  #items = [];
  #drawn = new Map();
  #template = '';
  #at = -1;

  // `draw(item)` gives { key, href, cells: [{ text, look }] }; `reached(index)` is called when rows up to there are wanted.
  constructor(label, { draw, reached }) {
    this.draw = draw;
    this.reached = reached;
    this.columns = h('div', { class: 'columns', role: 'row' });
    this.rows = h('div', { class: 'rows', role: 'rowgroup' });
    this.element = h('div', { class: 'grid', role: 'grid', tabindex: '0', 'aria-label': label, onscroll: () => this.#soon(), onkeydown: (event) => this.#key(event) },
      h('div', { role: 'rowgroup' }, this.columns), this.rows);
    new ResizeObserver(() => this.#soon()).observe(this.element);
  }

  // `columns`: [{ title, width }], width being a CSS track.
  setColumns(columns) {
    const template = columns.map((column) => column.width).join(' ');
    if (template === this.#template && this.columns.childElementCount === columns.length) return;
    this.#template = template;
    put(this.columns, columns.map((column) => h('span', { role: 'columnheader' }, column.title)));
    this.columns.style.gridTemplateColumns = template;
    this.#drop();
  }

  // `total` may be more than there are items: the rest is still to come.
  setItems(items, total = items.length) {
    this.#items = items;
    this.total = Math.max(total, items.length);
    this.rows.style.height = `${this.total * high}px`;
    this.element.setAttribute('aria-rowcount', String(this.total + 1));
    this.#render();
  }

  get items() { return this.#items; }

  // Draws what is in sight anew: ages went on.
  refresh() {
    if (this.element.contains(document.activeElement) && document.activeElement !== this.element) return;
    this.#drop();
    this.#render();
  }

  #drop() {
    for (const { element } of this.#drawn.values()) element.remove();
    this.#drawn.clear();
  }

  #frame = 0;
  #soon() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => { this.#frame = 0; this.#render(); });
  }

  #render() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / high) - 8);
    const last = Math.min(this.total ?? 0, Math.ceil((scrollTop + clientHeight) / high) + 8);
    if (last > this.#items.length - 60 && this.#items.length < (this.total ?? 0)) this.reached?.(last + 100);
    const kept = new Map();
    for (let i = first; i < Math.min(last, this.#items.length); i++) {
      const item = this.#items[i];
      const old = this.#drawn.get(item.key);
      if (old && old.item === item && !kept.has(item.key)) {
        if (old.index !== i) this.#place(old, i);
        kept.set(item.key, old);
        this.#drawn.delete(item.key);
        continue;
      }
      const element = this.#make(item);
      this.rows.append(element);
      const entry = { element, item, index: -1 };
      this.#place(entry, i);
      kept.set(item.key, entry);
    }
    this.#drop();
    this.#drawn = kept;
  }

  #place(entry, index) {
    entry.index = index;
    entry.element.style.transform = `translateY(${index * high}px)`;
    entry.element.setAttribute('aria-rowindex', String(index + 2));
    entry.element.classList.toggle('at', index === this.#at);
  }

  #make(item) {
    const { href, cells } = this.draw(item);
    return h('a', { class: item.fresh ? 'row fresh' : 'row', role: 'row', href, tabindex: '-1', style: { gridTemplateColumns: this.#template } },
      cells.map((cell) => h('span', { role: 'gridcell', class: cell.look ?? '', title: cell.text.length > 24 ? cell.text : null }, cell.text)));
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / high) - 2);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      this.#at = Math.min(Math.max(this.#at + moves[event.key], 0), this.#items.length - 1);
      const top = this.#at * high;
      const head = this.columns.offsetHeight;
      if (top < this.element.scrollTop) this.element.scrollTop = top;
      if (top + high + head > this.element.scrollTop + this.element.clientHeight) this.element.scrollTop = top + high + head - this.element.clientHeight;
      this.#render();
      for (const entry of this.#drawn.values()) {
        entry.element.classList.toggle('at', entry.index === this.#at);
        if (entry.index === this.#at) entry.element.focus({ preventScroll: true });
      }
      event.preventDefault();
    } else if (event.key === 'Enter' && event.target === this.element && this.#items[this.#at]) {
      location.hash = this.draw(this.#items[this.#at]).href;
    }
  }
}
