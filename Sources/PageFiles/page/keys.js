// The keyboard.
import { h } from './dom.js';
import { place } from './place.js';
import { goLive } from './moment.js';
import { player } from './player.js';
import { step } from './stepping.js';

const help = [
  ['← →', 'The event before, the event after (of what the view is about)'], ['space', 'Play, pause'], ['[ ]', 'Slower, faster'], ['l', 'Live: follow the present'],
  ['+ −', 'Zoom the timeline (also with the wheel; shift moves it)'], ['0', 'The whole log'], ['PgUp PgDn', 'On the playhead: a twentieth of the timeline back, on'], ['Home End', 'On the playhead: the beginning, the present'], ['/', 'Search'], ['↑ ↓', 'Move in a list, among the pods of a node'], ['Home End', 'Its first, its last row'],
  ['enter', 'Open'], ['esc', 'Close, or leave the search'], ['g o', 'Objects'], ['g n', 'Nodes'], ['g e', 'Events'], ['g f', 'Findings'], ['g a', 'Audit'], ['g c', 'Compare'], ['?', 'This'],
];
const goes = { o: ['objects', 'pods'], n: ['nodes'], e: ['events'], f: ['findings'], a: ['audit'], c: ['compare'] };

export function listenToKeys({ timeline }) {
  let isGoing = 0;
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (target.matches('input, textarea, select') || document.querySelector('dialog[open]')) return;
    if (performance.now() - isGoing < 1200 && goes[event.key]) {
      isGoing = 0;
      place.go(goes[event.key], { ns: place.parameters.ns });
      return;
    }
    const done = act(event, target, timeline);
    if (event.key === 'g') isGoing = performance.now();
    if (done) event.preventDefault();
  });
}

function act(event, target, timeline) {
  switch (event.key) {
    case 'ArrowUp': case 'ArrowDown': return moveInList(target, event.key === 'ArrowUp' ? -1 : 1);
    case 'Escape':
      if (!document.querySelector('.split.open')) return false;
      place.change({ rev: '', id: '' });
      return true;
    case 'ArrowLeft': step(-1); return true;
    case 'ArrowRight': step(1); return true;
    case ' ':
      if (target.matches('button, summary, a')) return false;
      player.toggle();
      return true;
    case '[': case ']': {
      const speeds = [1, 5, 20, 60, 300, 3600];
      const at = speeds.indexOf(player.speed) + (event.key === ']' ? 1 : -1);
      player.speed = speeds[Math.min(Math.max(at, 0), speeds.length - 1)];
      timeline.speed.value = String(player.speed);
      return true;
    }
    case 'l': player.stop(); goLive(); return true;
    case '+': case '=': timeline.zoom(0.5); return true;
    case '-': timeline.zoom(2); return true;
    case '0': timeline.whole(); return true;
    case '/': document.getElementById('search').focus(); document.getElementById('search').select(); return true;
    case '?': showHelp(); return true;
    default: return false;
  }
}

// From pod to pod of a node, and from row to row of a table of links, in the column where the focus is.
function moveInList(target, by) {
  if (target.matches('a.pod')) {
    const pod = by < 0 ? target.previousElementSibling : target.nextElementSibling;
    if (pod?.matches('a.pod')) pod.focus();
    return true;
  }
  const cell = target.closest('.lines tbody td');
  if (!cell) return false;
  const column = [...cell.parentElement.children].indexOf(cell);
  for (let row = by < 0 ? cell.parentElement.previousElementSibling : cell.parentElement.nextElementSibling; row; row = by < 0 ? row.previousElementSibling : row.nextElementSibling) {
    const link = row.children[column]?.querySelector('a');
    if (!link) continue;
    link.focus();
    return true;
  }
  return true;
}

export function showHelp() {
  const box = h('dialog', { 'aria-label': 'Keyboard and help', onclose: () => box.remove(), onclick: (event) => { if (event.target === box) box.close(); } },
    h('div', { class: 'inside' }, h('h2', 'Keyboard'),
      h('dl', { class: 'keys' }, help.map(([keys, what]) => [h('dt', keys.split(' ').map((key) => [h('kbd', key), ' '])), h('dd', what)])),
      h('p', { class: 'soft', style: { margin: '14px 0' } }, 'Drag on the timeline to any moment: every view follows. The address of a view holds its revision, so a copied link shows the same to whoever may read it.'),
      h('button', { type: 'button', onclick: () => box.close() }, 'Close')));
  document.getElementById('overlay').append(box);
  box.showModal();
}
