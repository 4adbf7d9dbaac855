// A list of any length of which only what is in sight exists. Rows are 28 pixels; columns share one template.
import { h, put } from './dom.js';

const high = 28;
// No browser makes an element taller than some 16 million pixels: of a longer list a stretch of rows shares a pixel.
const tallest = 15_000_000;

export class Rows {
  #source = { total: 0, at: () => undefined };
  #drawn = new Map();
  #template = '';
  #sorted = '';
  #at = -1;
  #wantsFocus = false;

  // `draw(item)` gives { key, href, cells: [{ text, look }] }; `wanted(first, last)` is called with what is in sight when not all of it is
  // there; `sort(title)` when a column's title was chosen.
  constructor(label, { draw, wanted, sort }) {
    Object.assign(this, { draw, wanted, sort });
    this.columns = h('div', { class: 'columns', role: 'row' });
    this.rows = h('div', { class: 'rows', role: 'rowgroup' });
    this.element = h('div', { class: 'grid', role: 'grid', tabindex: '0', 'aria-label': label, onscroll: () => this.#soon(), onkeydown: (event) => this.#key(event) },
      h('div', { class: 'titles', role: 'rowgroup' }, this.columns), this.rows);
    new ResizeObserver(() => this.#soon()).observe(this.element);
  }

  // `columns`: [{ title, least, share }]: at least so many pixels, and a share of what is left. `sorted` is the title by which the rows
  // are in order, with a minus when downwards.
  setColumns(columns, sorted = '') {
    const template = columns.map((column) => `minmax(${column.least}px, ${column.share}fr)`).join(' ');
    const titles = columns.map((column) => column.title).join('|');
    if (template === this.#template && titles === this.titles && sorted === this.#sorted) return;
    Object.assign(this, { titles });
    this.#template = template;
    this.#sorted = sorted;
    const focus = this.columns.contains(document.activeElement) ? document.activeElement.textContent : '';
    put(this.columns, columns.map(({ title }) => {
      const way = sorted === title ? 'ascending' : sorted === '-' + title ? 'descending' : null;
      return h('span', { role: 'columnheader', 'aria-sort': way }, h('button', { type: 'button', class: way, title: `Order by ${title.toLowerCase()}`, onclick: () => this.sort(title) }, title));
    }));
    if (focus) [...this.columns.querySelectorAll('button')].find((button) => button.textContent === focus)?.focus();
    // All rows are as wide as the titles, however narrow the window is.
    const least = columns.reduce((sum, column) => sum + column.least, 0);
    this.element.style.setProperty('--tracks', template);
    this.element.style.setProperty('--least', `${least}px`);
    this.#drop();
  }

  // `source`: { total, at(index) }; what is not there yet is undefined.
  setSource(source) {
    this.#source = source;
    this.rows.style.height = `${Math.min(source.total * high, tallest)}px`;
    this.element.setAttribute('aria-rowcount', String(source.total + 1));
    this.#render();
  }

  // Draws what is in sight anew: ages went on.
  refresh() {
    if (this.element.contains(document.activeElement) && document.activeElement !== this.element) return;
    this.#drop();
    this.#render();
  }

  top() { this.element.scrollTop = 0; this.#at = -1; }

  #drop() {
    for (const { element } of this.#drawn.values()) element.remove();
    this.#drawn.clear();
  }

  #frame = 0;
  #soon() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => { this.#frame = 0; this.#render(); });
  }

  // The row at the top: with the scale of very long lists, a stretch of them is passed with each pixel.
  get #first() {
    const { total } = this.#source;
    const room = this.element.clientHeight - this.columns.offsetHeight;
    if (total * high <= tallest) return this.element.scrollTop / high;
    return this.element.scrollTop / Math.max(1, tallest - room) * (total - room / high);
  }

  #scrollTo(first) {
    const { total } = this.#source;
    const room = this.element.clientHeight - this.columns.offsetHeight;
    this.element.scrollTop = total * high <= tallest ? first * high : first / Math.max(1, total - room / high) * (tallest - room);
  }

  #render() {
    const { total } = this.#source;
    const top = this.#first;
    const shift = this.element.scrollTop - top * high;
    const first = Math.max(0, Math.floor(top) - 8);
    const last = Math.min(total, Math.ceil(top + this.element.clientHeight / high) + 8);
    const kept = new Map();
    let isMissing = false;
    for (let i = first; i < last; i++) {
      const item = this.#source.at(i);
      if (!item) isMissing = true;
      const key = item?.key ?? `at ${i}`;
      const old = this.#drawn.get(key);
      if (old && old.item === item && !kept.has(key)) {
        this.#place(old, i, shift);
        kept.set(key, old);
        this.#drawn.delete(key);
        continue;
      }
      const element = item ? this.#make(item) : h('div', { class: 'row absent', role: 'row', 'aria-busy': 'true' }, h('span', { role: 'gridcell' }, h('i'), h('span', { class: 'unseen' }, 'is being read')));
      this.rows.append(element);
      const entry = { element, item, index: -1 };
      this.#place(entry, i, shift);
      kept.set(key, entry);
    }
    this.#drop();
    this.#drawn = kept;
    if (this.#wantsFocus) this.#focus();
    if (isMissing) this.wanted?.(first, last);
  }

  #place(entry, index, shift) {
    entry.index = index;
    entry.element.style.transform = `translateY(${index * high + shift}px)`;
    entry.element.setAttribute('aria-rowindex', String(index + 2));
    entry.element.classList.toggle('at', index === this.#at);
  }

  #make(item) {
    const { href, cells } = this.draw(item);
    return h('a', { class: item.fresh ? 'row fresh' : 'row', role: 'row', href, tabindex: '-1' },
      cells.map((cell) => h('span', { role: 'gridcell', class: cell.look ?? '', title: cell.text.length > 24 ? cell.text : null }, cell.text)));
  }

  #focus() {
    const entry = [...this.#drawn.values()].find((one) => one.index === this.#at);
    if (!entry?.item) return;
    this.#wantsFocus = false;
    entry.element.focus({ preventScroll: true });
  }

  #key(event) {
    if (this.columns.contains(event.target)) return;
    const seen = Math.floor((this.element.clientHeight - this.columns.offsetHeight) / high);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: seen - 1, PageUp: 1 - seen, Home: -Infinity, End: Infinity };
    const { total } = this.#source;
    if (event.key in moves && total) {
      this.#at = Math.min(Math.max(this.#at + moves[event.key], 0), total - 1);
      const top = this.#first;
      if (this.#at < top) this.#scrollTo(this.#at);
      if (this.#at + 1 > top + seen) this.#scrollTo(this.#at + 1 - seen);
      this.#wantsFocus = true;
      this.#render();
      event.preventDefault();
    } else if (event.key === 'Enter' && event.target === this.element && this.#source.at(this.#at)) {
      location.hash = this.draw(this.#source.at(this.#at)).href;
    }
  }
}
