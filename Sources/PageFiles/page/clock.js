// Times as people read them.
const two = (n) => String(n).padStart(2, '0');

export const millis = (text) => Date.parse(text);

// The end of what can be known: this moment by the server's clock, or, of a log that does not go on, when it ended.
let end = Infinity;
let ahead = 0;
export const present = () => Math.min(Date.now() + ahead, end);
export const hasEnded = () => end !== Infinity;
export function presentIs({ ends, now }) {
  end = ends ?? Infinity;
  ahead = Math.abs(now - Date.now()) > 5000 ? now - Date.now() : 0;
}

export function clock(ms, withMillis = false) {
  const t = new Date(ms);
  const text = `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
  return withMillis ? `${text}.${String(t.getMilliseconds()).padStart(3, '0')}` : text;
}

export function day(ms) {
  const t = new Date(ms);
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
}

// The clock alone for today, with the day otherwise.
export function when(ms, withMillis = false) {
  return day(ms) === day(present()) ? clock(ms, withMillis) : `${day(ms)} ${clock(ms, withMillis)}`;
}

// 3m12s, 4h, 2d6h: as kubectl tells ages.
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10 && seconds % 60) return `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8 && minutes % 60) return `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 && hours % 24 ? `${days}d${hours % 24}h` : `${days}d`;
}

// Steps of an axis that people count in.
const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500].concat(
  [1, 2, 5, 10, 15, 30].map((n) => n * 1000), [1, 2, 5, 10, 15, 30].map((n) => n * 60_000),
  [1, 2, 3, 6, 12].map((n) => n * 3_600_000), [1, 2, 7, 14, 30, 90, 365].map((n) => n * 86_400_000));

export function ticks(from, to, width, room = 90) {
  const least = (to - from) * room / Math.max(width, 1);
  const step = steps.find((n) => n >= least) ?? steps[steps.length - 1];
  const offset = new Date(from).getTimezoneOffset() * 60_000;
  const out = [];
  for (let t = Math.ceil((from - offset) / step) * step + offset; t <= to; t += step) {
    const text = step >= 86_400_000 ? day(t).slice(5) : step >= 60_000 ? clock(t).slice(0, 5) : step >= 1000 ? clock(t) : clock(t, true).slice(3);
    out.push({ at: t, text });
  }
  return out;
}
