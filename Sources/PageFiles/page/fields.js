// A field that changed, in one line.
import { h } from './dom.js';

const short = (value) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 160 ? text.slice(0, 157) + '…' : text;
};

export function fieldLine(field) {
  const old = field.old ?? field.before;
  const now = field.new ?? field.after;
  return [h('span', { class: 'path' }, field.path), ' ',
    old !== undefined ? [h('span', { class: 'unseen' }, 'was '), h('span', { class: 'change-old' }, short(old)), now !== undefined ? h('span', { class: 'faint', 'aria-hidden': 'true' }, ' → ') : null] : null,
    now !== undefined ? [h('span', { class: 'unseen' }, 'is '), h('span', { class: 'change-new' }, short(now))] : null];
}
