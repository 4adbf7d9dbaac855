// Every version of an object: when, by whom, what changed. An object deleted and another of its name are told apart.
import { h, put } from './dom.js';
import { place } from './place.js';
import { millis, when, span, present } from './clock.js';
import { fieldLine } from './fields.js';

export const entriesOf = (history) => history.lives.flatMap((life) => life.entries).sort((a, b) => a.revision - b.revision);

export async function showVersions(context) {
  const { body, moment } = context;
  const history = await context.history();
  const lives = history.lives.slice().reverse();
  const current = moment.live ? Infinity : moment.revision;
  const newest = entriesOf(history).filter((entry) => entry.revision <= current).pop();
  put(body, lives.map((life, n) => {
    const entries = life.entries.slice().reverse();
    return [lives.length > 1 ? h('h3', { style: { padding: '10px 16px 2px' } }, `uid ${life.uid}`, n === 0 ? '' : ', an earlier object of this name') : null,
      h('table', { class: 'lines' }, h('thead', h('tr', ['Revision', 'When', 'Who', 'What changed', ''].map((title) => h('th', { scope: 'col' }, title)))),
        h('tbody', entries.slice(0, 300).map((entry, i) => row(context, entry, entries[i + 1], entry === newest))))];
  }));
  const many = entriesOf(history).length;
  if (many > 300) body.append(h('p', { class: 'soft', style: { padding: '10px 16px' } }, `The newest 300 of ${many} versions; "reckon history" on a command line shows all.`));
  return null;
}

function row(context, entry, before, isHere) {
  const time = millis(entry.time);
  const fields = (entry.changes ?? []).filter((field) => field.path);
  const shown = entry.kind === 'created' ? [] : fields.slice(0, 6);
  return h('tr', { class: isHere ? 'at' : null, 'aria-current': isHere ? 'true' : null },
    h('td', { class: 'nowrap' }, h('a', { href: context.link('yaml', { at: entry.revision }) }, entry.revision)),
    h('td', { class: 'nowrap', title: entry.time }, when(time), h('div', { class: 'faint' }, `${span(present() - time)} ago`),
      entry.unseenSince ? h('div', { class: 'warn', title: 'Nobody watched in between: it was made at some time after this' }, `unseen since ${when(millis(entry.unseenSince))}`) : null),
    h('td', { style: { maxWidth: '240px' } }, h('div', { class: 'cut', title: entry.user }, shortUser(entry.user)), h('div', { class: 'faint cut', title: entry.userAgent }, `${entry.verb} · ${(entry.userAgent ?? '').split(' ')[0].split('/')[0]}`)),
    h('td', h('ul', { class: 'changes' }, h('li', word(entry)), shown.map((field) => h('li', fieldLine(field))),
      fields.length > shown.length && entry.kind !== 'created' ? h('li', { class: 'more' }, `and ${fields.length - shown.length} more fields`) : null)),
    h('td', { class: 'nowrap' }, before ? h('a', { href: context.link('diff', { a: before.revision, b: entry.revision, at: place.parameters.at }) }, 'diff') : null, ' ',
      entry.cause ? h('a', { href: context.link('graph', { at: entry.revision }) }, 'why') : null));
}

function word(entry) {
  if (entry.kind === 'created') return h('span', { class: 'tag good' }, 'created');
  if (entry.kind === 'deleted') return h('span', { class: 'tag bad' }, 'deleted');
  return entry.changes?.length ? null : h('span', { class: 'faint' }, 'bookkeeping only');
}

export const shortUser = (user = '') => user.replace(/^system:serviceaccount:/, '').replace(/^system:/, '');
