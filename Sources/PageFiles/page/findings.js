// What is wrong at the moment, the worst first, with the evidence and what happened just before.
import { h, put } from './dom.js';
import { json, own, query, Latest, isAborted } from './api.js';
import { place, objectPath } from './place.js';
import { millis, when } from './clock.js';
import { problem, empty } from './problem.js';
import { shortUser } from './versions.js';
import { fieldLine } from './fields.js';

export class FindingsView {
  title = 'Findings';
  #latest = new Latest();
  #shown = '';
  #timer = 0;

  constructor(root) {
    this.busy = h('div', { class: 'busy' });
    this.count = h('span', { class: 'soft', role: 'status' });
    this.body = h('div', { class: 'scroll', tabindex: '0', 'aria-label': 'Findings' });
    root.append(h('section', { class: 'view', 'aria-label': 'Findings' }, this.busy, h('div', { class: 'head' }, h('h1', 'Findings'), this.count), this.body));
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
    return { namespace, title: 'Findings', step: { namespace } };
  }

  async #load(namespace) {
    const signal = this.#latest.begin();
    this.busy.classList.add('on');
    clearTimeout(this.#timer);
    try {
      const answer = await json(own('/reckon/v1/doctor' + query({ at: this.moment.live ? '' : this.moment.revision, namespace })), { signal });
      this.#draw(answer);
      if (this.moment.live) this.#timer = setTimeout(() => { if (this.moment.live && !document.hidden) this.#load(namespace); }, 10_000);
    } catch (error) {
      if (!isAborted(error)) put(this.body, problem(error, { retry: () => this.#load(namespace) }));
    } finally {
      if (!signal.aborted) this.busy.classList.remove('on');
    }
  }

  #draw({ findings, changes = [] }) {
    this.count.textContent = findings.length ? `${findings.length} ${findings.length === 1 ? 'thing' : 'things'} to look at` : '';
    const scroll = this.body.scrollTop;
    put(this.body, findings.length ? h('ol', { class: 'findings' }, findings.map(finding))
      : empty('Nothing wrong found', 'No crashing or unschedulable pods, stuck rollouts, unbound claims, fights or hot loops among what you may see at this moment.'),
    changes.length ? h('section', { class: 'before' }, h('h2', 'What people changed just before'), h('ol', { class: 'chain' }, changes.map((event) => h('li', h('div', h('strong', shortUser(event.user)), ' ', h('span', { class: 'soft' }, event.summary)),
      h('div', { class: 'faint' }, h('a', { href: place.link(['events'], { rev: event.revision, at: event.revision }) }, `revision ${event.revision}`), ` · ${when(millis(event.time))}`),
      event.change === 'updated' ? h('ul', { class: 'fields' }, (event.fields ?? []).slice(0, 4).map((field) => h('li', fieldLine(field)))) : null)))) : null);
    this.body.scrollTop = scroll;
  }
}

function finding(one) {
  return h('li', h('div', { class: 'finding-head' }, h('span', { class: `tag ${{ critical: 'bad', warning: 'warn' }[one.severity] ?? ''}` }, one.severity), h('strong', one.title)),
    one.objects.length ? h('div', { class: 'finding-objects' }, one.objects.slice(0, 8).map((object) => h('a', { href: place.link(objectPath(object, object.namespace, object.name)) }, `${object.kind ?? object.resource} ${object.namespace ? object.namespace + '/' : ''}${object.name}`)), one.objects.length > 8 ? h('span', { class: 'faint' }, `and ${one.objects.length - 8} more`) : null) : null,
    h('ul', { class: 'evidence' }, one.evidence.slice(0, 6).map((text) => h('li', text))),
    h('div', { class: 'faint' }, one.revision ? [h('a', { href: place.link(['events'], { rev: one.revision, at: one.revision }) }, `revision ${one.revision}`), ' '] : null, one.command ? h('code', one.command) : null));
}
