// The log itself: events up to the moment, the newest first, and one of them whole beside them.
import { h, put, refill } from './dom.js';
import { json, own, query, Latest, isAborted } from './api.js';
import { place, objectPath } from './place.js';
import { millis, when } from './clock.js';
import { problem, empty } from './problem.js';
import { shortUser } from './versions.js';
import { isBeat } from './density.js';
import { fieldLine } from './fields.js';

const storeOf = (change) => change.group ? `${change.resource}.${change.group}` : change.resource;

export class EventsView {
  title = 'Events';
  #latest = new Latest();
  #detail = new Latest();
  #shown = '';
  #opened = '';
  #timer = 0;

  constructor(root) {
    this.busy = h('div', { class: 'busy' });
    this.user = h('input', { type: 'text', placeholder: 'User', 'aria-label': 'Only events of this user', onchange: () => place.change({ user: this.user.value.trim() }) });
    this.verb = h('select', { 'aria-label': 'Only this verb', onchange: () => place.change({ verb: this.verb.value }) }, ['', 'create', 'update', 'patch', 'delete', 'deletecollection'].map((verb) => h('option', { value: verb }, verb || 'Any verb')));
    this.beats = h('input', { type: 'checkbox', style: { height: 'auto' }, onchange: () => place.change({ beats: this.beats.checked ? '1' : '' }) });
    this.rows = h('tbody');
    this.foot = h('div', { class: 'filters', style: { padding: '8px 16px' } });
    this.list = h('div', { class: 'scroll', tabindex: '0', 'aria-label': 'Events' }, h('table', { class: 'lines' }, h('thead', h('tr', ['Revision', 'When', 'Who', 'Did', 'To'].map((title) => h('th', { scope: 'col' }, title)))), this.rows), this.foot);
    this.detail = h('aside', { class: 'detail', hidden: true, 'aria-label': 'Event', tabindex: '0' });
    this.split = h('div', { class: 'split' }, this.list, this.detail);
    root.append(h('section', { class: 'view', 'aria-label': 'Events of the log' }, this.busy, h('div', { class: 'head' }, h('h1', 'Events'), h('span', { class: 'soft' }, 'every request that changed something'), h('span', { class: 'room' }),
      this.user, this.verb, h('label', { class: 'soft' }, this.beats, ' heartbeats')), this.split));
  }

  end() { this.#latest.end(); this.#detail.end(); clearTimeout(this.#timer); }

  show(path, parameters, moment) {
    Object.assign(this, { parameters, moment });
    if (document.activeElement !== this.user) this.user.value = parameters.user ?? '';
    this.verb.value = parameters.verb ?? '';
    this.beats.checked = parameters.beats === '1';
    const { ns, user, verb, q, beats, fork, kind } = parameters;
    const key = [ns, user, verb, q, beats, fork, kind, moment.live ? 'live' : moment.revision].join('|');
    if (moment.problem && !moment.live) put(this.list, problem(moment.problem));
    else if (key !== this.#shown && (moment.live || moment.revision)) {
      this.#shown = key;
      this.items = [];
      this.next = '';
      this.#load();
    }
    this.#open(parameters.rev ?? '');
    return { namespace: ns, title: 'Events', step: { namespace: ns, user, verb } };
  }

  #filter() {
    const { ns, user, verb } = this.parameters;
    return { namespace: ns, user, verb, order: 'newest', limit: 200, until: this.moment.live ? '' : this.moment.revision };
  }

  async #load(more = false) {
    const signal = this.#latest.begin();
    this.busy.classList.add('on');
    try {
      const page = await json(own('/reckon/v1/events' + query({ ...this.#filter(), continue: more ? this.next : '' })), { signal });
      this.items = more ? this.items.concat(page.items) : page.items;
      this.next = page.continue ?? '';
      this.#draw();
      // Heartbeats alone on a page are no answer: look further back.
      if (this.next && this.wanted.length < 30 && this.items.length < 4000) return this.#load(true);
      if (this.moment.live && !more) this.#later();
    } catch (error) {
      if (!isAborted(error)) { put(this.rows); put(this.foot, problem(error, { retry: () => this.#load(), inline: true })); }
    } finally {
      if (!signal.aborted) this.busy.classList.remove('on');
    }
    return null;
  }

  // The present goes on: what is new is put on top.
  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      if (!this.moment.live) return;
      try {
        if (!document.hidden) {
          const since = this.items[0]?.revision ?? '';
          const { until, order, ...filter } = this.#filter();
          const page = await json(own('/reckon/v1/events' + query({ ...filter, since })));
          if (this.moment.live && page.items.length && since === (this.items[0]?.revision ?? '')) {
            this.items = page.items.reverse().concat(this.items).slice(0, 5000);
            this.#draw();
          }
        }
      } catch { /* the next round says what is wrong */ }
      this.#later();
    }, 2000);
  }

  #draw() {
    const words = (this.parameters.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    this.wanted = this.items.filter((item) => (this.parameters.beats === '1' || item.changes.some((change) => !isBeat(storeOf(change))))
      && words.every((word) => `${item.summary} ${item.user} ${item.verb}`.toLowerCase().includes(word)));
    refill(this.rows, this.wanted.slice(0, 1500).map((item) => this.#row(item)));
    put(this.foot, this.wanted.length ? null : empty('No events', 'Nothing changed up to this moment that you may see and that fits the filter.'),
      this.next ? h('button', { type: 'button', onclick: () => this.#load(true) }, 'Older events') : null);
  }

  #row(item) {
    const change = item.changes[0];
    const isOpen = String(item.revision) === this.parameters.rev;
    return h('tr', { class: isOpen ? 'link at' : 'link', onclick: (event) => { if (!event.target.closest('a')) place.change({ rev: isOpen ? '' : item.revision }); } },
      h('td', { class: 'nowrap' }, h('a', { 'data-key': item.revision, href: place.link(['events'], { ...this.parameters, rev: isOpen ? '' : item.revision }) }, item.revision)), h('td', { class: 'nowrap soft', title: item.time }, when(millis(item.time))),
      h('td', { class: 'nowrap', title: item.user }, shortUser(item.user)), h('td', { class: 'soft nowrap' }, item.verb),
      h('td', change ? [h('span', { class: `tag ${{ created: 'good', deleted: 'bad' }[change.change] ?? ''}` }, change.change), ' ', h('span', { class: 'soft' }, storeOf(change).split('.')[0]), ' ',
        h('a', { href: place.link(objectPath(change, change.namespace, change.name), { at: item.revision }) }, (change.namespace ? change.namespace + '/' : '') + change.name), item.changes.length > 1 ? h('span', { class: 'faint' }, ` and ${item.changes.length - 1} more`) : null] : item.summary));
  }

  async #open(revision) {
    if (revision === this.#opened) return;
    this.#opened = revision;
    this.#draw2();
    this.split.classList.toggle('open', Boolean(revision));
    this.detail.hidden = !revision;
    if (!revision) return;
    const signal = this.#detail.begin();
    try {
      put(this.detail, eventDetail(await json(own(`/reckon/v1/events/${encodeURIComponent(revision)}`), { signal }), () => place.change({ rev: '' })));
    } catch (error) {
      if (!isAborted(error)) put(this.detail, problem(error, { inline: true }));
    }
  }

  #draw2() { if (this.items?.length) this.#draw(); }
}

// Everything about one event: the request, who let it in and why, and what changed.
export function eventDetail(event, close) {
  const fact = (name, value, look) => value ? [h('dt', name), h('dd', { class: look ?? null }, value)] : null;
  const verdicts = (event.verdicts ?? []).map((verdict) => `${verdict.authenticator}: ${verdict.meaning}`).join('; ');
  return [h('h2', { style: { display: 'flex' } }, h('span', { style: { flex: 1 } }, event.summary), close ? h('button', { class: 'plain', type: 'button', onclick: close, 'aria-label': 'Close' }, '×') : null),
    (event.changes ?? []).map((change) => h('section', { class: 'object-change' }, h('h3', h('span', { class: `tag ${{ created: 'good', deleted: 'bad' }[change.change] ?? ''}` }, change.change), ' ',
      h('a', { href: place.link(objectPath(change, change.namespace, change.name), { at: event.revision }) }, `${change.resource} ${change.namespace ? change.namespace + '/' : ''}${change.name}`)),
      change.change === 'updated' ? h('ul', { class: 'fields' }, (change.fields ?? []).slice(0, 60).map((field) => h('li', fieldLine(field)))) : null)),
    h('h3', 'The request'),
    h('dl', { class: 'facts-list' }, fact('revision', event.revision), fact('time', event.time), fact('who', event.user), fact('groups', (event.groups ?? []).join(', ')), fact('let in by', event.authenticator),
      fact('not known to', verdicts), fact('credential', event.credential, 'mono'), fact('asked by', event.impersonatedBy), fact(event.verdict === 'denied' ? 'refused by' : 'allowed by', [event.authorizer, event.rule].filter(Boolean).join(', ')), fact('bound by', event.binding),
      fact('reason', event.authorizationReason), fact('admission', (event.admission ?? []).map((one) => `${one.plugin} ${one.effect} ${one.detail}`).join('; ')), fact('request', `${event.verb} ${event.path}`, 'mono'), fact('with', event.userAgent),
      fact('from', event.source), fact('request id', event.auditID, 'mono'), fact('answer', event.code),
      event.cause ? [h('dt', 'because of'), h('dd', h('a', { href: place.link(['events'], { rev: event.cause, at: event.cause }) }, `revision ${event.cause}`))] : fact('because of', 'a request from outside'), fact('its reasons', event.why)),
    event.decision ? [h('h3', 'Decision of the controller'), h('pre', { class: 'mono', style: { whiteSpace: 'pre-wrap' } }, JSON.stringify(event.decision, null, 2))] : null];
}
