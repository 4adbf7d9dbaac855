// Draws how much happened when: bars for writes, the part that the view is about in the accent, dots for refusals.
import { ticks, present } from './clock.js';

// What only says that somebody is still there: nodes and leaders, or a recorder that keeps its books.
export const isBeat = (store) => store === 'leases.coordination.k8s.io' || store.endsWith('.recorder.reckon.dev');
const foot = 18; // where the axis is written
const dots = 10; // the lane of refusals above it
const lane = 5; // of gaps in what the view is not about

export function draw(canvas, { from, to, buckets, part, narrowed, shows, gaps }) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const c = canvas.getContext('2d');
  c.setTransform(scale, 0, 0, scale, 0, 0);
  c.clearRect(0, 0, width, height);
  const colour = palette();
  const x = (t) => (t - from) / (to - from) * width;
  const base = height - foot - dots;
  const peak = Math.max(4, ...buckets.map(works));
  const tall = (n) => n <= 0 ? 0 : Math.max(2, Math.sqrt(n / peak) * (base - 6));

  c.strokeStyle = colour.line;
  c.lineWidth = 1;
  c.font = `11px ${colour.sans}`;
  c.fillStyle = colour.faint;
  c.textBaseline = 'alphabetic';
  for (const tick of ticks(from, to, width)) {
    const at = Math.round(x(tick.at)) + 0.5;
    c.beginPath();
    c.moveTo(at, 0);
    c.lineTo(at, height - foot + 3);
    c.stroke();
    const room = c.measureText(tick.text).width / 2;
    if (at - room > 0 && at + room < width) c.fillText(tick.text, at - room, height - 4);
  }
  c.beginPath();
  c.moveTo(0, base + 0.5);
  c.lineTo(width, base + 0.5);
  c.stroke();

  for (const gap of gaps) unseen(c, Math.max(0, x(gap.start)), Math.min(width, x(gap.end)), 0, isOfOthers(gap, part) ? lane : base, colour);

  buckets.forEach((bucket, i) => {
    const left = x(bucket.start);
    const right = x(bucket.end);
    if (right < 0 || left > width) return;
    const wide = Math.max(1, right - left - 1);
    const all = works(bucket);
    if (beats(bucket)) {
      c.fillStyle = colour.barFaint;
      const high = Math.min(6, tall(beats(bucket)));
      c.fillRect(left, base - high, wide, high);
    }
    if (all > 0) {
      c.fillStyle = part || narrowed ? colour.barDim : colour.bar;
      c.fillRect(left, base - tall(all), wide, tall(all));
    }
    const mine = narrowed ? narrowed[i]?.writes ?? 0 : part ? bucket.byResource[part] ?? 0 : 0;
    if (mine) {
      c.fillStyle = colour.accent;
      c.fillRect(left, base - tall(mine), wide, tall(mine));
    }
    if (shows.denials && bucket.denials) {
      c.fillStyle = colour.bad;
      c.beginPath();
      c.arc(left + wide / 2, base + dots / 2 + 1, Math.min(3.6, 1.8 + Math.log10(bucket.denials + 1)), 0, 7);
      c.fill();
    }
  });
  const now = x(present());
  if (now >= 0 && now < width) {
    c.fillStyle = colour.paper;
    c.globalAlpha = 0.6;
    c.fillRect(now, 0, width - now, base);
    c.globalAlpha = 1;
  }
}

// A stretch in which nothing was seen: hatched, so that its emptiness is not taken for quiet.
function unseen(c, left, right, top, foot, colour) {
  const wide = Math.max(right - left, 2);
  if (right < 0 || left > c.canvas.clientWidth) return;
  c.save();
  c.beginPath();
  c.rect(left, top, wide, foot - top);
  c.clip();
  c.fillStyle = colour.gapSoft;
  c.fillRect(left, top, wide, foot - top);
  c.strokeStyle = colour.gap;
  c.globalAlpha = 0.55;
  c.lineWidth = 1;
  c.beginPath();
  const high = foot - top;
  for (let at = Math.floor((left - high) / 6) * 6; at < left + wide; at += 6) {
    c.moveTo(at, foot);
    c.lineTo(at + high, top);
  }
  c.stroke();
  c.restore();
}

// Whether a gap is of kinds that the view is not about: it is shown, and not in the way.
export const isOfOthers = (gap, part) => part ? !gap.resources.includes(part) : gap.partial;

// Of the writes of a bucket those that changed something else, and the rest.
export const works = (bucket) => Math.min(bucket.writes, Object.entries(bucket.byResource).reduce((sum, [store, count]) => isBeat(store) ? sum : sum + count, 0));
export const beats = (bucket) => bucket.writes - works(bucket);

function palette() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return {
    bar: of('--bar'), barDim: of('--bar'), barFaint: of('--bar-faint'), accent: of('--accent'), bad: of('--bad'), line: of('--line'), faint: of('--faint'),
    paper: of('--paper'), gap: of('--warn'), gapSoft: of('--warn-soft'), sans: of('--sans'),
  };
}
