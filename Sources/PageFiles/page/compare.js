// Two moments beside each other: every object that differs, and how.
import { h, put, refill } from './dom.js';
import { json, own, query, Latest, isAborted } from './api.js';
import { place, objectPath } from './place.js';
import { moment as now } from './moment.js';
import { millis, when } from './clock.js';
import { problem, empty } from './problem.js';
import { fieldLine } from './fields.js';

const changes = [['deleted', 'deleted'], ['recreated', 'made anew'], ['updated', 'changed'], ['created', 'created']];

export class CompareView {
  title = 'Compare';
  #latest = new Latest();
  #shown = '';

  constructor(root, { timeline }) {
    this.timeline = timeline;
    this.busy = h('div', { class: 'busy' });
    this.a = this.#field('a', 'From');
    this.b = this.#field('b', 'To');
    this.count = h('span', { class: 'soft', role: 'status' });
    this.only = h('div', { class: 'filters', role: 'group', 'aria-label': 'Which changes' });
    this.beats = h('input', { type: 'checkbox', style: { height: 'auto' }, onchange: () => place.change({ all: this.beats.checked ? '1' : '' }) });
    this.body = h('div', { class: 'scroll', tabindex: '0', 'aria-label': 'Differences' });
    root.append(h('section', { class: 'view', 'aria-label': 'Compare two moments' }, this.busy, h('div', { class: 'head' }, h('h1', 'Compare'), this.a.element, this.b.element, h('span', { class: 'room' }), h('label', { class: 'soft', title: 'Heartbeats, Kubernetes events, versions and managers too' }, this.beats, ' bookkeeping')), this.only, this.body));
  }

  #field(name, title) {
    const input = h('input', { type: 'text', size: 12, 'aria-label': `${title}: a revision, a time or -15m`, onchange: () => place.change({ [name]: input.value.trim() }) });
    const take = h('button', { type: 'button', title: `${title}: the moment of the playhead`, onclick: () => place.change({ [name]: now.live ? '' : String(now.revision) }) }, 'Playhead');
    return { input, element: h('label', { class: 'soft' }, title, ' ', input, ' ', take) };
  }

  end() { this.#latest.end(); this.timeline.mark([]); }

  show(path, parameters) {
    const { a = '-10m', b = '', ns = '', all = '', only = '' } = parameters;
    const isOther = this.wanted !== only;
    this.wanted = only;
    this.beats.checked = all === '1';
    this.a.input.value = a;
    this.b.input.value = b;
    this.b.input.placeholder = 'now';
    const key = [a, b, ns, all, parameters.fork].join('|');
    if (key !== this.#shown) {
      this.#shown = key;
      this.#load(a, b, ns, all);
    } else if (isOther && this.answer) {
      this.#draw();
    }
    return { namespace: ns, title: `Compare ${a} with ${b || 'now'}`, step: { namespace: ns } };
  }

  async #load(a, b, namespace, all) {
    const signal = this.#latest.begin();
    this.busy.classList.add('on');
    try {
      // "Ten minutes ago" in a log that is younger means its beginning.
      const answer = await json(own('/reckon/v1/diff' + query({ from: a, to: b, namespace, all })), { signal }).catch(async (error) => {
        if (error.code !== 410 || !/^-/.test(a)) throw error;
        return json(own('/reckon/v1/diff' + query({ from: 1, to: b, namespace, all })), { signal });
      });
      this.answer = answer;
      this.timeline.mark([{ time: millis(answer.from.time), name: 'A' }, { time: millis(answer.to.time), name: 'B' }]);
      this.#draw();
    } catch (error) {
      if (isAborted(error)) return;
      put(this.only);
      put(this.body, problem(error, { retry: () => this.#load(a, b, namespace, all) }));
    } finally {
      if (!signal.aborted) this.busy.classList.remove('on');
    }
  }

  #draw() {
    const { from, to, items } = this.answer;
    const sorts = changes.map(([change, words]) => ({ change, words, many: items.filter((item) => item.change === change).length })).filter((sort) => sort.many);
    this.count.textContent = `${when(millis(from.time))} to ${when(millis(to.time))}`;
    refill(this.only, this.count, sorts.map(({ change, words, many }) => h('button', {
      type: 'button', class: 'plain', 'data-key': change, 'aria-pressed': String(this.wanted === change), onclick: () => place.change({ only: this.wanted === change ? '' : change }),
    }, `${many.toLocaleString()} ${words}`)));
    if (!items.length) {
      put(this.body, empty('No difference', `Between revision ${from.revision} and ${to.revision} nothing changed that you may see.`));
      return;
    }
    // What went and what is otherwise is sooner looked for than what came.
    const shown = sorts.filter(({ change }) => !this.wanted || change === this.wanted).flatMap(({ change }) => items.filter((item) => item.change === change));
    put(this.body, shown.slice(0, 800).map(({ object, change, fields = [] }) => {
      const list = h('ul', { class: 'fields' });
      const details = h('details', {
        class: 'compare-item', ontoggle: () => {
          if (details.open && !list.childElementCount) {
            put(list, fields.slice(0, 200).map((field) => h('li', fieldLine(field))), h('li', h('a', { href: place.link([...objectPath(object, object.namespace, object.name), 'diff'], change === 'updated' ? { a: '', b: '' } : {}) }, 'open the object')));
          }
        },
      }, h('summary', h('span', { class: `tag ${{ created: 'good', deleted: 'bad', recreated: 'warn' }[change] ?? ''}` }, change), h('span', { class: 'soft' }, object.kind ?? object.resource), h('strong', `${object.namespace ? object.namespace + '/' : ''}${object.name}`),
        h('span', { class: 'faint cut', style: { flex: 1 } }, change === 'updated' ? fields.slice(0, 4).map((field) => field.path).join(', ') : '')), list);
      return details;
    }), shown.length > 800 ? h('p', { class: 'soft', style: { padding: '10px 16px' } }, `The first 800 of ${shown.length}; choose a namespace to see the others.`) : null);
  }
}
