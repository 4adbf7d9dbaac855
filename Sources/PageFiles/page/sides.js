// Two texts side by side; what is the same is folded to a few lines around what is not.
import { h } from './dom.js';
import { diffLines, differingPart } from './linediff.js';

const around = 3;

export function sides(left, right, leftTitle, rightTitle) {
  const rows = diffLines(left, right);
  const near = new Array(rows.length).fill(false);
  rows.forEach((row, i) => {
    if (row.differs) for (let n = Math.max(0, i - around); n <= Math.min(rows.length - 1, i + around); n++) near[n] = true;
  });
  const element = h('div', { class: 'sides', role: 'table', 'aria-label': 'Differences side by side' }, h('div', { class: 'title', role: 'columnheader' }, leftTitle), h('div', { class: 'title', role: 'columnheader' }, rightTitle));
  const changed = rows.filter((row) => row.differs).length;
  if (!changed) {
    element.append(h('div', { class: 'gap' }, 'No difference'));
    return { element, changed };
  }
  for (let i = 0; i < rows.length;) {
    if (near[i]) {
      element.append(...line(rows[i++], left, right));
      continue;
    }
    const from = i;
    while (i < rows.length && !near[i]) i++;
    const end = i;
    const gap = h('button', { class: 'gap', type: 'button', onclick: () => gap.replaceWith(...rows.slice(from, end).flatMap((row) => line(row, left, right))) },
      `${i - from} lines that are the same`);
    element.append(gap);
  }
  return { element, changed };
}

function line(row, left, right) {
  const a = row.old === null ? null : left[row.old];
  const b = row.new === null ? null : right[row.new];
  const part = row.differs && a !== null && b !== null ? differingPart(a, b) : null;
  return [cell(a, row.old, row.differs ? (a === null ? 'void' : 'old') : '', part && [part[0], part[1]]), cell(b, row.new, `right ${row.differs ? (b === null ? 'void' : 'new') : ''}`, part && [part[0], part[2]])];
}

function cell(text, number, look, part) {
  const content = text === null ? '' : part && part[1] > part[0] ? [text.slice(0, part[0]), h('b', text.slice(part[0], part[1])), text.slice(part[1])] : text;
  return h('div', { class: `cell ${look}` }, h('span', { class: 'nr', 'aria-hidden': 'true' }, number === null ? '' : number + 1),
    /old|new/.test(look) ? h('span', { class: 'unseen' }, look === 'old' ? 'removed: ' : 'added: ') : null, h('span', content));
}
