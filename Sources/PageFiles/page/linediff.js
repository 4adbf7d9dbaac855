// What differs between two texts, line by line: the shortest edit (Myers), and inside a changed line the words.
export function diffLines(a, b) {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = edits(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const rows = [];
  for (let i = 0; i < start; i++) rows.push({ old: i, new: i });
  for (const row of middle) rows.push({ old: row.old === null ? null : row.old + start, new: row.new === null ? null : row.new + start });
  for (let i = end; i > 0; i--) rows.push({ old: a.length - i, new: b.length - i });
  return pair(rows, a, b);
}

// The edit script of two lists; beyond a thousand differences everything is taken as replaced.
function edits(a, b) {
  const most = Math.min(a.length + b.length, 1000);
  let v = new Map([[1, 0]]);
  const trace = [];
  for (let d = 0; d <= most; d++) {
    trace.push(new Map(v));
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && (v.get(k - 1) ?? -1) < (v.get(k + 1) ?? -1)) ? v.get(k + 1) ?? 0 : (v.get(k - 1) ?? 0) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) { x++; y++; }
      v.set(k, x);
      if (x >= a.length && y >= b.length) return walkBack(trace, a, b);
    }
  }
  return [...a.map((_, i) => ({ old: i, new: null })), ...b.map((_, i) => ({ old: null, new: i }))];
}

function walkBack(trace, a, b) {
  const rows = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d >= 0 && (x > 0 || y > 0); d--) {
    const v = trace[d];
    const k = x - y;
    const from = k === -d || (k !== d && (v.get(k - 1) ?? -1) < (v.get(k + 1) ?? -1)) ? k + 1 : k - 1;
    const px = d === 0 ? 0 : v.get(from) ?? 0;
    const py = d === 0 ? 0 : px - from;
    while (x > px && y > py) rows.push({ old: --x, new: --y });
    if (d > 0) rows.push(x === px ? { old: null, new: --y } : { old: --x, new: null });
  }
  return rows.reverse();
}

const field = (line) => line.split(':')[0];

// Sets what was taken away beside what came in its place.
function pair(rows, a, b) {
  const out = [];
  for (let i = 0; i < rows.length;) {
    if (rows[i].old !== null && rows[i].new !== null) { out.push(rows[i++]); continue; }
    const gone = [];
    const come = [];
    while (i < rows.length && (rows[i].old === null || rows[i].new === null)) {
      if (rows[i].old !== null) gone.push(rows[i].old); else come.push(rows[i].new);
      i++;
    }
    // Beside a line stands the one of the same field; what has no counterpart stands alone.
    for (const line of gone) {
      const at = come.findIndex((other) => field(a[line]) === field(b[other]));
      for (const other of at < 0 ? [] : come.splice(0, at)) out.push({ old: null, new: other, differs: true });
      out.push({ old: line, new: at < 0 ? null : come.shift(), differs: true });
    }
    for (const other of come) out.push({ old: null, new: other, differs: true });
  }
  return out;
}

// The part of two lines that differs: [start, end of a, end of b].
export function differingPart(a, b) {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  // Whole words: half a word is hard to read.
  const isWord = (text, i) => /[\w.-]/.test(text[i] ?? ' ');
  while (start > 0 && isWord(a, start - 1) && (isWord(a, start) || isWord(b, start))) start--;
  while (end > 0 && isWord(a, a.length - end) && (isWord(a, a.length - end - 1) || isWord(b, b.length - end - 1))) end--;
  return [start, a.length - end, b.length - end];
}
