// Who asked for what, and what was decided: refusals first, with the reason and what would have been needed.
import { h, put, refill, glyph } from './dom.js';
import { json, own, query, Latest, isAborted } from './api.js';
import { place } from './place.js';
import { millis, when } from './clock.js';
import { problem, empty } from './problem.js';
import { shortUser } from './versions.js';
import { eventDetail } from './events.js';

const choices = [['denied', 'Refusals'], ['', 'Everything'], ['401', 'Failed sign-ins'], ['403', 'Forbidden'], ['writes', 'Writes']];

export class AuditView {
  title = 'Audit';
  #latest = new Latest();
  #detail = new Latest();
  #shown = '';
  #opened = '';
  #timer = 0;

  constructor(root) {
    this.busy = h('div', { class: 'busy' });
    this.what = h('select', { 'aria-label': 'Which decisions', onchange: () => place.change({ show: this.what.value || 'all' }) }, choices.map(([value, title]) => h('option', { value: value || 'all' }, title)));
    this.user = h('input', { type: 'text', placeholder: 'User', 'aria-label': 'Only this user', onchange: () => place.change({ user: this.user.value.trim() }) });
    this.verb = h('select', { 'aria-label': 'Only this verb', onchange: () => place.change({ verb: this.verb.value }) }, ['', 'get', 'list', 'watch', 'create', 'update', 'patch', 'delete'].map((verb) => h('option', { value: verb }, verb || 'Any verb')));
    this.where = h('button', { type: 'button', class: 'chip', hidden: true, title: 'Every namespace', onclick: () => place.change({ ns: '' }) });
    this.rows = h('tbody');
    this.foot = h('div', { style: { padding: '8px 16px' } });
    this.table = h('table', { class: 'lines all' }, h('thead', h('tr', ['When', 'Who', 'Asked', 'Answer', 'Why'].map((title) => h('th', { scope: 'col' }, title)))), this.rows);
    this.body = h('div', { class: 'scroll', tabindex: '0', 'aria-label': 'Decisions' }, this.table, this.foot);
    this.detail = h('aside', { class: 'detail', hidden: true, 'aria-label': 'Decision', tabindex: '0' });
    this.split = h('div', { class: 'split' }, this.body, this.detail);
    root.append(h('section', { class: 'view', 'aria-label': 'Audit' }, this.busy, h('div', { class: 'head' }, h('h1', 'Audit'), h('span', { class: 'soft' }, 'who asked, and what was decided'), h('span', { class: 'room' }), this.where, this.what, this.user, this.verb), this.split));
  }

  end() { this.#latest.end(); this.#detail.end(); clearTimeout(this.#timer); }

  show(path, parameters, moment) {
    Object.assign(this, { parameters, moment });
    const { show = 'denied', user, verb, q, ns } = parameters;
    this.what.value = show;
    put(this.where, `in ${ns}`, glyph('close'));
    this.where.hidden = !ns;
    if (document.activeElement !== this.user) this.user.value = user ?? '';
    this.verb.value = verb ?? '';
    const key = [show, user, verb, ns, q, moment.live ? 'live' : moment.revision].join('|');
    if (key !== this.#shown && (moment.live || moment.revision)) {
      this.#shown = key;
      this.items = [];
      this.next = [];
      this.#load();
    }
    this.#open(parameters.id ?? '');
    return { wide: true, title: 'Audit', step: {} };
  }

  async #load(more = false) {
    const signal = this.#latest.begin();
    const { show = 'denied', user, verb, ns } = this.parameters;
    // Refusals are of two sorts, which the server keeps apart: not allowed, and not known.
    const sorts = { denied: [{ denied: true }, { failedLogins: true }], 401: [{ failedLogins: true }], 403: [{ denied: true }], writes: [{ writes: true }] }[show] ?? [{}];
    this.busy.classList.add('on');
    clearTimeout(this.#timer);
    try {
      const until = this.moment.live ? '' : new Date(this.moment.time + 999).toISOString();
      const pages = await Promise.all(sorts.map((sort, i) => more && !this.next[i] ? { items: [] }
        : json(own('/reckon/v1/audit' + query({ until, user, verb, ...sort, namespace: ns, limit: 200, continue: more ? this.next[i] : '' })), { signal })));
      const items = pages.flatMap((page) => page.items);
      this.items = (more ? this.items.concat(items) : items).sort((a, b) => a.time < b.time ? 1 : a.time > b.time ? -1 : 0);
      this.next = pages.map((page) => page.continue ?? '');
      this.leftOut = pages.reduce((sum, page) => sum + (page.leftOut ?? 0), 0);
      this.#draw(show);
      if (this.moment.live && !more) this.#timer = setTimeout(() => { if (this.moment.live && !document.hidden && this.body.scrollTop < 40) this.#load(); }, 5000);
    } catch (error) {
      if (isAborted(error)) return;
      put(this.rows);
      put(this.foot, problem(error, { retry: () => this.#load() }));
    } finally {
      if (!signal.aborted) this.busy.classList.remove('on');
    }
  }

  async #open(id) {
    if (id === this.#opened) return;
    this.#opened = id;
    if (this.items) this.#draw(this.parameters.show ?? 'denied');
    this.split.classList.toggle('open', Boolean(id));
    this.detail.hidden = !id;
    if (!id) return;
    const signal = this.#detail.begin();
    try {
      put(this.detail, explained(await json(own('/reckon/v1/explain' + query({ id })), { signal }), () => place.change({ id: '' })));
    } catch (error) {
      if (!isAborted(error)) put(this.detail, problem(error, { inline: true }));
    }
  }

  #draw(show) {
    const words = (this.parameters.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = this.items.map(decision).filter((item) => words.every((word) => `${item.user} ${item.path} ${item.reason} ${item.verb}`.toLowerCase().includes(word)));
    refill(this.rows, wanted.slice(0, 1500).map((item) => {
      const isOpen = item.id === this.parameters.id;
      return h('tr', { class: isOpen ? 'link at' : 'link', onclick: (event) => { if (!event.target.closest('a')) place.change({ id: isOpen ? '' : item.id }); } },
        h('td', { class: 'nowrap soft', title: item.time }, h('a', { 'data-key': item.id, href: place.link(['audit'], { ...this.parameters, id: isOpen ? '' : item.id }) }, when(millis(item.time)))),
        h('td', { class: 'nowrap', title: item.groups }, shortUser(item.user) || 'nobody', h('div', { class: 'faint' }, item.authenticator)),
        h('td', { style: { maxWidth: '460px' } }, h('div', { class: 'cut', title: item.path }, h('span', { class: 'soft' }, item.verb), ' ', h('span', { class: 'mono' }, item.path), item.query ? h('span', { class: 'mono faint' }, item.query) : null), h('div', { class: 'faint cut', title: item.agent }, item.agent)),
        h('td', { class: 'nowrap' }, h('span', { class: `tag ${item.code >= 400 ? 'bad' : 'good'}` }, item.code)),
        h('td', { style: { overflowWrap: 'anywhere' } }, item.reason, item.rule ? h('div', { class: 'faint' }, item.rule) : null));
    }));
    put(this.foot, wanted.length ? null : empty(show === 'denied' ? 'Nobody was refused' : 'Nothing fits', show === 'denied' ? 'Every request up to this moment that is still kept was let in.' : 'No request up to this moment fits the filter.'),
      this.next.some(Boolean) ? h('button', { type: 'button', onclick: () => this.#load(true) }, 'Older') : null, this.leftOut ? h('p', { class: 'faint', style: { padding: '6px 0' } }, `${this.leftOut.toLocaleString()} requests of the cluster's own components are left out; name one as the user to see them.`) : null);
  }
}

// A decision as the table shows it.
function decision(item) {
  const verdicts = (item.verdicts ?? []).map((verdict) => `${verdict.authenticator}: ${verdict.meaning ?? verdict.refusal}`);
  let search = item.query ?? '';
  try { search = decodeURIComponent(search); } catch { /* shown as it came */ }
  const why = item.code === 403 ? 'no rule allows it' : item.code === 401 ? '' : item.authorizationReason || (item.authorizer === 'privileged' ? 'system:masters may everything' : '');
  return {
    id: item.auditID, time: item.time, user: item.user ?? '', groups: (item.groups ?? []).join(', '), verb: item.verb ?? '', path: item.path, query: search ? '?' + search : '', agent: item.userAgent ?? '', code: item.code,
    authenticator: item.authenticator ?? '', reason: [verdicts.join('; '), why].filter(Boolean).join(' · '), rule: item.code < 400 && !item.authorizationReason ? item.rule ?? '' : '',
  };
}

// One decision whole: the request, why it was let in or not, and who could have.
function explained({ event, access, granted }, close) {
  const maker = (name, made) => made ? h('li', name, ' ', h('strong', shortUser(made.user)), ` in revision ${made.revision}, ${when(millis(made.time))}`) : null;
  const people = (access?.whoCan ?? []).filter((one) => !one.subject.startsWith('ServiceAccount') && !/"system:(kube|node)/.test(one.subject));
  const others = (access?.whoCan ?? []).length - people.length;
  return [eventDetail(event, close).flat()[0],
    access && !access.allowed ? h('section', h('h3', 'Why it was refused'), h('p', access.refusal || access.reason || 'No rule allows it.'),
      access.near?.length ? [h('h3', 'What comes near'), h('ul', { class: 'evidence' }, access.near.map((one) => h('li', typeof one === 'string' ? one : [one.reason ?? one.missing, one.rule, one.binding].filter(Boolean).join(' · '))))] : null,
      h('h3', 'Who may'), h('ul', { class: 'evidence' }, people.map((one) => h('li', one.subject, h('span', { class: 'faint' }, ` by ${one.rule}`))), others ? h('li', { class: 'faint' }, `and ${others} of the cluster's own components`) : null)) : null,
    granted ? h('section', h('h3', 'Where the right comes from'), h('ul', { class: 'evidence' }, h('li', [granted.rule, granted.binding].filter(Boolean).join(' by ')), maker('bound by', granted.bindingBy), maker('rule by', granted.ruleBy))) : null,
    eventDetail(event).flat().slice(1)];
}
