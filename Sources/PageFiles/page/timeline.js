// The timeline: what is in sight, the playhead and its controls, and the hand on them.
import { h, put, glyph } from './dom.js';
import { json, own, query, Latest, isAborted, session } from './api.js';
import { clock, day, span, when, millis, present, presentIs, hasEnded } from './clock.js';
import { moment, onMoment, goLive, goRevision, goTime } from './moment.js';
import { draw, beats, works, isBeat, isOfOthers } from './density.js';
import { player } from './player.js';
import { explain } from './problem.js';
import { step } from './stepping.js';

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1800e3, 3600e3, 7200e3,
  21600e3, 43200e3, 86400e3, 7 * 86400e3];

export class Timeline {
  #latest = new Latest();
  #data = { buckets: [], narrowed: null, shows: { denials: false }, approximate: false, gaps: [] };
  #begins = present() - 900_000; // where the log begins
  #narrow = { namespace: '', store: '' };
  #follows = true; // the right edge is now
  #knowsBounds = false;
  #isAuto = true; // nobody zoomed: the newest hour, or all of a younger log
  #marks = [];
  range = { from: present() - 900_000, to: present() };

  constructor(root) {
    this.canvas = h('canvas', { 'aria-hidden': 'true' });
    this.grip = h('div', {
      class: 'grip', role: 'slider', tabindex: '0', 'aria-label': 'Playhead', 'aria-valuemin': '0', 'aria-valuemax': '100',
    });
    this.line = h('div', { class: 'head-line' }, this.grip);
    this.field = h('div', { class: 'field', 'aria-label': 'Density of events; drag to a moment' }, this.canvas, this.line);
    this.clock = h('span', { class: 'clock' });
    this.what = h('span', { class: 'what cut' });
    this.revision = h('input', {
      type: 'text', inputmode: 'numeric', 'aria-label': 'Revision to go to', placeholder: 'revision', title: 'A revision, a time or -15m',
      onchange: () => this.#asked(),
    });
    this.live = h('button', { class: 'live', type: 'button', onclick: () => { player.stop(); goLive(); } }, 'Live');
    this.play = h('button', { class: 'icon', type: 'button', onclick: () => player.toggle() });
    this.speed = h('select', { 'aria-label': 'Speed', onchange: () => { player.speed = Number(this.speed.value); } },
      [1, 5, 20, 60, 300, 3600].map((n) => h('option', { value: n }, n < 3600 ? `${n}×` : '1 h/s')));
    this.speed.value = '5';
    this.legend = h('span', { class: 'legend' });
    put(root, h('div', { class: 'controls' },
      h('button', { class: 'icon plain', type: 'button', 'aria-label': 'Event before', title: 'Event before (←)', onclick: () => step(-1) }, glyph('back')),
      this.play,
      h('button', { class: 'icon plain', type: 'button', 'aria-label': 'Event after', title: 'Event after (→)', onclick: () => step(1) }, glyph('forward')),
      this.speed, this.live,
      h('div', { class: 'moment' }, this.clock, this.what), h('span', { class: 'room' }), this.legend, this.revision,
      this.#button('minus', 'Zoom out (-)', () => this.zoom(2)), this.#button('plus', 'Zoom in (+)', () => this.zoom(0.5)),
      this.#button('all', 'The whole log (0)', () => this.whole())), this.field);
    this.tip = h('div', { class: 'tip', hidden: true });
    document.body.append(this.tip);
    this.#hands();
    player.onChange(() => this.#face());
    onMoment(() => { this.#face(); this.#keepInSight(); });
    new ResizeObserver(() => { this.#paint(); this.#soon(); }).observe(this.field);
    // Other colours, too, are told as another size.
    addEventListener('resize', () => this.#paint());
    setInterval(() => this.#tick(), 1000);
  }

  #button(name, title, action) {
    return h('button', { class: 'icon plain', type: 'button', 'aria-label': title.replace(/ \(.*/, ''), title, onclick: action }, glyph(name));
  }

  // Begins once somebody has signed in. The first answer tells where the log begins and ends; what is in sight follows from that.
  start() {
    this.#knowsBounds = false;
    this.load();
  }

  #standard() {
    const now = present();
    return { from: now - Math.min(Math.max((now - this.#begins) * 1.03, 60_000), 3_600_000), to: now };
  }

  narrow(namespace, store) {
    if (this.#narrow.namespace === namespace && this.#narrow.store === store) return;
    this.#narrow = { namespace, store };
    this.#soon();
  }

  // Marks of two moments, for a comparison.
  mark(marks) {
    for (const old of this.#marks) old.element.remove();
    this.#marks = marks.map(({ time, name }) => ({ time, element: h('div', { class: 'mark' }, h('span', name)) }));
    for (const mark of this.#marks) this.field.append(mark.element);
    this.#paint();
  }

  zoom(factor, around = moment.live ? this.range.to : moment.time) {
    const { from, to } = this.range;
    const middle = around >= from && around <= to ? around : (from + to) / 2;
    this.#see(middle - (middle - from) * factor, middle + (to - middle) * factor);
  }

  whole() { this.#follows = true; this.#see(this.#begins - (present() - this.#begins) * 0.01, present()); }

  #see(from, to) {
    this.#isAuto = false;
    const now = present();
    let wide = Math.min(Math.max(to - from, 2000), Math.max(now - this.#begins, 60_000) * 1.25);
    if (to > now) { to = now; from = to - wide; }
    if (to - from !== wide) from = to - wide;
    if (from < this.#begins - wide * 0.2) { from = this.#begins - wide * 0.02; to = Math.min(from + wide, now); }
    this.#follows = now - to < wide * 0.01 + 1500;
    this.range = { from, to };
    this.#paint();
    this.#soon();
  }

  #timer = 0;
  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load(), 140);
  }

  async load() {
    if (!session.who) return;
    const { from, to } = this.range;
    const width = Math.max(this.field.clientWidth, 200);
    const least = (to - from) / (width / 6);
    const wide = steps.find((n) => n >= least) ?? Math.ceil(least);
    const start = Math.floor(from / wide) * wide;
    const count = Math.min(1000, Math.max(1, Math.ceil((to - start) / wide)));
    const parameters = { from: new Date(start).toISOString(), to: new Date(start + count * wide).toISOString(), buckets: count };
    const signal = this.#latest.begin();
    try {
      const [all, narrowed] = await Promise.all([
        json(own('/reckon/v1/timeline' + query(parameters)), { signal }),
        this.#narrow.namespace ? json(own('/reckon/v1/timeline' + query({ ...parameters, namespace: this.#narrow.namespace, ...named(this.#narrow.store) })), { signal }) : null,
      ]);
      for (const bucket of all.buckets) Object.assign(bucket, { start: millis(bucket.from), end: millis(bucket.to) });
      if (all.begins) this.#begins = millis(all.begins);
      presentIs({ ends: all.ends ? millis(all.ends) : null, now: millis(all.now) });
      const gaps = (all.gaps ?? []).map((gap) => ({ ...gap, start: millis(gap.from), end: gap.to ? millis(gap.to) : Infinity }));
      this.#data = { gaps, buckets: all.buckets, narrowed: narrowed?.buckets ?? null, shows: { denials: all.denialsVisible }, approximate: all.approximate };
      this.problem = null;
      this.head = all.revision;
      if (!this.#knowsBounds) {
        this.#knowsBounds = true;
        if (this.#isAuto) {
          this.range = this.#standard();
          this.load();
        }
      }
    } catch (error) {
      if (isAborted(error)) return;
      this.problem = error;
    }
    this.#face();
  }

  #tick() {
    if (document.hidden || !session.who) return;
    if (this.#follows && !this.dragging) {
      const wide = this.range.to - this.range.from;
      this.range = this.#isAuto ? this.#standard() : { from: present() - wide, to: present() };
      this.#paint();
      if (Math.floor(Date.now() / 1000) % 3 === 0) this.load();
    }
    if (moment.live) this.#face();
  }

  #keepInSight() {
    if (moment.live || this.dragging) return;
    const { from, to } = this.range;
    if (moment.time < from || moment.time > to) this.#see(moment.time - (to - from) / 2, moment.time + (to - from) / 2);
  }

  #x(time) { return (time - this.range.from) / (this.range.to - this.range.from) * this.field.clientWidth; }

  #paint() {
    draw(this.canvas, { ...this.range, ...this.#data, part: this.#narrow.store });
    const width = this.field.clientWidth;
    const at = moment.live ? width - 1 : this.#x(moment.time);
    this.line.style.left = `${Math.min(Math.max(at, 0), width - 1)}px`;
    this.line.style.opacity = at < -1 || at > width + 1 ? 0.25 : 1;
    for (const mark of this.#marks) mark.element.style.left = `${this.#x(mark.time)}px`;
  }

  #face() {
    const now = present();
    const time = moment.live ? now : moment.time;
    this.clock.textContent = moment.live ? clock(now) : when(time, this.range.to - this.range.from < 60_000);
    const revision = moment.live ? this.head : moment.isMoving ? 0 : moment.revision;
    const gap = this.#gapAt(time);
    const where = moment.live ? hasEnded() ? 'where the log ends' : 'now' : hasEnded() ? `${span(now - time)} before the end` : `${span(now - time)} ago`;
    this.what.textContent = this.problem ? explain(this.problem).title
      : moment.problem ? explain(moment.problem).title
        : [where, revision ? `revision ${revision}` : '', gap ? 'not observed' : ''].filter(Boolean).join(' · ');
    this.what.classList.toggle('warn', Boolean(gap));
    this.what.title = gap?.reason ?? '';
    this.clock.title = new Date(time).toISOString();
    this.live.setAttribute('aria-pressed', String(moment.live));
    const end = hasEnded() ? 'End' : 'Live';
    if (this.live.textContent !== end) this.live.textContent = end;
    this.live.title = hasEnded() ? 'The newest moment of the log, which does not go on (l)' : 'Follow the present (l)';
    const word = player.isPlaying ? 'Pause' : 'Play';
    put(this.play, glyph(player.isPlaying ? 'pause' : 'play'));
    this.play.setAttribute('aria-label', word);
    this.play.title = `${word} (space)`;
    if (document.activeElement !== this.revision) this.revision.value = moment.live ? '' : revision || '';
    this.grip.setAttribute('aria-valuenow', String(Math.round(Math.min(100, Math.max(0, (time - this.range.from) / (this.range.to - this.range.from) * 100)))));
    this.grip.setAttribute('aria-valuetext', moment.live ? end : `${day(time)} ${clock(time)}${revision ? `, revision ${revision}` : ''}${gap ? ', not observed' : ''}`);
    const named = this.#narrow.store || this.#narrow.namespace;
    put(this.legend, h('span', h('i'), this.#data.approximate ? 'writes (about)' : 'writes'),
      named ? h('span', h('i', { class: 'kind' }), [this.#narrow.namespace, this.#narrow.store.split('.')[0]].filter(Boolean).join(' / ')) : null,
      h('span', h('i', { class: 'beat' }), 'heartbeats'), this.#data.gaps.length ? h('span', h('i', { class: 'gap' }), 'not observed') : null, this.#data.shows.denials ? h('span', h('i', { class: 'denied' }), 'refusals') : null);
    this.#paint();
    this.faced?.();
  }

  // What was not observed at a moment of what the view is about.
  #gapAt(time) { return this.#data.gaps.find((gap) => time > gap.start && time < gap.end && !isOfOthers(gap, this.#narrow.store)); }

  // The same in words, of the moment that is looked at; '' when all was observed.
  get unobserved() {
    const gap = this.#gapAt(moment.live ? present() : moment.time);
    if (!gap) return '';
    const until = gap.to ? `until ${when(gap.end)}` : 'to this day';
    return gap.type === 'Late' ? `What happened between ${when(gap.start)} and ${when(gap.end)} was seen only afterwards (${gap.reason}): when it happened is unknown.`
      : `From ${when(gap.start)} ${until} this was not observed (${gap.reason}). What was then is unknown; shown is what was seen last.`;
  }

  #asked() {
    const text = this.revision.value.trim();
    if (!text) return;
    player.stop();
    goRevision(text);
    this.revision.blur();
  }

  #timeAt(event) {
    const box = this.field.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return this.range.from + share * (this.range.to - this.range.from);
  }

  #hands() {
    const field = this.field;
    const follow = (event) => {
      const time = Math.min(this.#timeAt(event), present());
      goTime(Math.max(time, this.#begins + 1));
    };
    // The arrows go from event to event, on the whole page; these go through time.
    this.grip.addEventListener('keydown', (event) => {
      const { from, to } = this.range;
      const time = moment.live ? present() : moment.time;
      const next = { PageUp: time - (to - from) / 20, PageDown: time + (to - from) / 20, Home: this.#begins + 1, End: Infinity }[event.key];
      if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      player.stop();
      if (next >= present()) goLive(); else goTime(Math.max(next, this.#begins + 1));
    });
    field.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      field.setPointerCapture(event.pointerId);
      this.dragging = true;
      player.stop();
      follow(event);
      this.grip.focus({ preventScroll: true });
    });
    field.addEventListener('pointermove', (event) => {
      if (this.dragging) follow(event);
      this.#hover(event);
    });
    const letGo = (event) => {
      if (!this.dragging) return;
      this.dragging = false;
      if (this.#follows && this.#timeAt(event) >= present() - (this.range.to - this.range.from) * 0.002) goLive();
    };
    field.addEventListener('pointerup', letGo);
    field.addEventListener('pointercancel', letGo);
    field.addEventListener('pointerleave', () => { this.tip.hidden = true; });
    field.addEventListener('wheel', (event) => {
      event.preventDefault();
      const wide = this.range.to - this.range.from;
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        const by = sideways / field.clientWidth * wide;
        this.#see(this.range.from + by, this.range.to + by);
      } else {
        this.zoom(Math.exp(event.deltaY * 0.0016), this.#timeAt(event));
      }
    }, { passive: false });
  }

  #hover(event) {
    const time = this.#timeAt(event);
    const bucket = this.#data.buckets.find((b) => time >= b.start && time < b.end);
    const gaps = this.#data.gaps.filter((gap) => time >= gap.start && time < gap.end);
    if (!bucket || time > present()) {
      this.tip.hidden = true;
      return;
    }
    const kinds = Object.entries(bucket.byResource).sort((a, b) => b[1] - a[1]);
    const row = (name, count, look) => h('tr', { class: look }, h('td', name), h('td', count));
    put(this.tip, h('div', { class: 'soft' }, `${when(bucket.start, bucket.end - bucket.start < 1000)} – ${clock(bucket.end, bucket.end - bucket.start < 1000)}`),
      h('table', row(works(bucket) === 1 ? 'write' : 'writes', works(bucket)), beats(bucket) ? row('heartbeats', beats(bucket), 'faint') : null,
        bucket.denials ? row('refused', bucket.denials, 'bad') : null,
        kinds.filter(([name]) => !isBeat(name)).slice(0, 6).map(([name, count]) => row(name.split('.')[0], count, 'soft'))),
      gaps.slice(0, 2).map(unobserved));
    this.tip.hidden = false;
    const wide = this.tip.offsetWidth;
    this.tip.style.left = `${Math.min(Math.max(8, event.clientX - wide / 2), innerWidth - wide - 8)}px`;
    this.tip.style.top = `${this.field.getBoundingClientRect().top - this.tip.offsetHeight - 8}px`;
  }
}

// A gap in words: which kinds, what of them is not known, and why.
function unobserved(gap) {
  const kinds = gap.resources.length > 4 ? `${gap.resources.length} kinds` : gap.resources.map((name) => name.split('.')[0]).join(', ');
  const until = gap.to ? `until ${when(gap.end)}` : 'to this day';
  const what = gap.type === 'Late' ? 'seen only later' : 'not observed';
  return h('div', { class: 'gap' }, h('strong', { class: 'warn' }, `${kinds}: ${what}`), h('div', { class: 'soft' }, `from ${when(gap.start)} ${until}: ${gap.reason}`));
}

function named(store) {
  const dot = store.indexOf('.');
  return store ? { resource: dot < 0 ? store : store.slice(0, dot), group: dot < 0 ? '' : store.slice(dot + 1) } : {};
}
