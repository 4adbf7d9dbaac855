// The top of the page: the views, the search, who is signed in, and how it looks.
import { h, put, glyph, announce } from './dom.js';
import { session, json } from './api.js';
import { place, onPlace } from './place.js';
import { moment, knownInventory } from './moment.js';
import { toggleTheme, isDark } from './theme.js';
import { showHelp } from './keys.js';

const views = [['objects', 'Objects'], ['nodes', 'Nodes'], ['events', 'Events'], ['findings', 'Findings'], ['audit', 'Audit'], ['compare', 'Compare']];

// What is searched for stands in the address: it is seen here however it got there.
let field;
let closeSide = () => {};
addEventListener('hashchange', () => closeSide());
onPlace(() => { if (field && field !== document.activeElement) field.value = place.parameters.q ?? ''; });

export function showTop(root, { leave }) {
  const search = h('input', {
    class: 'search', type: 'search', id: 'search', placeholder: 'Filter by name or text   /', 'aria-label': 'Filter by name or text', value: place.parameters.q ?? '',
    oninput: () => {
      if (['objects', 'events', 'audit'].includes(place.path[0] ?? 'objects')) place.change({ q: search.value });
    },
    onkeydown: (event) => {
      if (event.key === 'Enter' && place.path[0] && !['objects', 'events', 'audit'].includes(place.path[0])) place.go(['objects', 'pods'], { q: search.value });
      if (event.key === 'Escape') { search.value = ''; place.change({ q: '' }); search.blur(); }
    },
  });
  field = search;
  const theme = h('button', { class: 'icon plain', type: 'button', onclick: () => { toggleTheme(); face(); dispatchEvent(new Event('resize')); } });
  const face = () => {
    put(theme, glyph(isDark() ? 'sun' : 'moon'));
    theme.setAttribute('aria-label', isDark() ? 'Light colours' : 'Dark colours');
  };
  face();
  const user = session.who.username;
  const menu = h('button', { class: 'plain icon menu', type: 'button', 'aria-label': 'Kinds and namespaces', 'aria-controls': 'side', onclick: () => showSide(!document.body.classList.contains('side-open')) }, glyph('menu'));
  const showSide = (isOpen) => {
    document.body.classList.toggle('side-open', isOpen);
    menu.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) document.querySelector('#side select').focus();
  };
  showSide(false);
  closeSide = () => showSide(false);
  put(root, menu, h('a', { class: 'brand', href: '#/objects/pods' }, h('img', { src: 'icon.svg', alt: '' }), 'Reckon'),
    h('nav', { class: 'views', 'aria-label': 'Views' }, views.map(([name, title]) => h('a', { href: `#/${name}`, 'data-view': name }, title))),
    h('span', { class: 'room' }), forks(), search,
    h('button', {
      class: 'plain icon', type: 'button', 'aria-label': 'Copy a link to this view at this moment', title: 'Copy a link to this view at this moment',
      onclick: async () => {
        const link = new URL(location.href);
        link.hash = place.link(place.path.length ? place.path : ['objects', 'pods'], { ...place.parameters, at: moment.live ? knownInventory()?.revision : moment.revision });
        try { await navigator.clipboard.writeText(link.href); announce('The link is copied.'); } catch { announce('The link is in the address bar.'); }
      },
    }, glyph('link')),
    theme, h('button', { class: 'plain icon', type: 'button', 'aria-label': 'Keyboard and help', title: 'Keyboard and help (?)', onclick: showHelp }, '?'),
    h('span', { class: 'who', title: `Signed in as ${user}\n${(session.who.groups ?? []).join('\n')}` }, h('span', { class: 'cut' }, user)),
    h('button', { class: 'plain', type: 'button', onclick: leave }, session.token ? 'Sign out' : 'Use a token'));
}

// A choice between the cluster and its forks, when there are any.
function forks() {
  const choice = h('select', { 'aria-label': 'Cluster or fork', hidden: true, onchange: () => place.change({ fork: choice.value, at: '' }) });
  json('/reckon/v1/forks').then((list) => {
    const names = (list.items ?? []).map((item) => item.name ?? item.metadata?.name).filter(Boolean);
    if (!names.length) return;
    put(choice, h('option', { value: '' }, 'cluster'), names.map((name) => h('option', { value: name }, `fork ${name}`)));
    choice.value = place.parameters.fork ?? '';
    choice.hidden = false;
  }).catch(() => { /* no forks here, or not for these eyes */ });
  return choice;
}
