// Draws how much happened when: bars for writes, the part that the view is about in the accent, dots for refusals.
import { ticks } from './clock.js';

export const heartbeats = 'leases.coordination.k8s.io';
const foot = 18; // where the axis is written
const dots = 10; // the lane of refusals above it

export function draw(canvas, { from, to, buckets, part, narrowed, shows }) {
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
  const peak = Math.max(4, ...buckets.map((b) => b.writes - beats(b)));
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

  buckets.forEach((bucket, i) => {
    const left = x(bucket.start);
    const right = x(bucket.end);
    if (right < 0 || left > width) return;
    const wide = Math.max(1, right - left - 1);
    const all = bucket.writes - beats(bucket);
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
  const now = x(Date.now());
  if (now >= 0 && now < width) {
    c.fillStyle = colour.paper;
    c.globalAlpha = 0.6;
    c.fillRect(now, 0, width - now, base);
    c.globalAlpha = 1;
  }
}

export const beats = (bucket) => Math.min(bucket.writes, bucket.byResource[heartbeats] ?? 0);

function palette() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return {
    bar: of('--bar'), barDim: of('--bar'), barFaint: of('--bar-faint'), accent: of('--accent'), bad: of('--bad'), line: of('--line'), faint: of('--faint'),
    paper: of('--paper'), sans: of('--sans'),
  };
}
