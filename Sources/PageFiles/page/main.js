// Starts the page: who is there, which view, and what happens when place or moment changes.
import { h, put, announce } from './dom.js';
import { session, whoAmI, onSignedOut, onWarning, useFork } from './api.js';
import { place, onPlace } from './place.js';
import { moment, onMoment, goLive, goRevision } from './moment.js';
import { Timeline } from './timeline.js';
import { showSignIn } from './signin.js';
import { showTop } from './top.js';
import { Side } from './side.js';
import { listenToKeys } from './keys.js';
import { stepAbout } from './stepping.js';
import { applyTheme } from './theme.js';
import { ObjectsView } from './objects.js';
import { ObjectView } from './object.js';
import { NodesView } from './nodes.js';
import { EventsView } from './events.js';
import { FindingsView } from './findings.js';
import { AuditView } from './audit.js';
import { CompareView } from './compare.js';

const views = { objects: ObjectsView, object: ObjectView, nodes: NodesView, events: EventsView, findings: FindingsView, audit: AuditView, compare: CompareView };
const main = document.getElementById('main');
let timeline, side, view, viewName;
let writing = 0;
let warnedAt = '';
const notice = h('div', { class: 'strip', role: 'status', hidden: true });
const unseen = h('div', { class: 'strip', role: 'status', hidden: true });

applyTheme();
takeTokenFromLink();
// The same in a tab where the page is open already.
addEventListener('hashchange', () => { if (takeTokenFromLink()) begin(); });
onWarning((texts) => {
  put(notice, texts.join(' '));
  notice.hidden = !texts.length;
  warnedAt = here();
});
onSignedOut(() => { if (session.who) leave('You are signed out: the credential is not accepted any more.'); });
begin();

// `#token=…`, as `reckon ui` makes it: taken out of the address before anything is asked.
function takeTokenFromLink() {
  const found = /^#token=([^&]+)(?:&at=(.+))?$/.exec(location.hash);
  if (!found) return false;
  session.token = decodeURIComponent(found[1]);
  place.path = ['objects', 'pods'];
  place.parameters = found[2] ? { at: found[2] } : {};
  history.replaceState(null, '', location.pathname + place.link(place.path, place.parameters));
  return true;
}

async function begin() {
  try {
    const who = await whoAmI();
    if (who) return enter(who);
    showSignIn(main, { then: enter });
  } catch (error) {
    const isNobody = error.code === 401 || error.code === 403;
    if (isNobody && session.token) session.token = '';
    showSignIn(main, { then: enter, refusal: isNobody ? '' : `${error.message} Reload the page to try again.` });
  }
}

function leave(reason) {
  session.token = '';
  session.who = null;
  view?.end();
  view = null;
  viewName = '';
  showSignIn(main, { then: enter, refusal: reason });
}

function enter(who) {
  session.who = who;
  document.body.classList.remove('signed-out');
  put(main);
  useFork(place.parameters.fork ?? '');
  const isFirst = !timeline;
  if (isFirst) {
    timeline = new Timeline(document.getElementById('time'));
    timeline.faced = showGap;
    side = new Side(document.getElementById('side'));
    onPlace(arrive);
    onMoment(follow);
    listenToKeys({ timeline });
  }
  showTop(document.getElementById('top'), { leave: () => leave('') });
  timeline.start();
  const { at } = place.parameters;
  if (at) goRevision(at); else goLive();
  show();
}

// The place changed: another view, or the same one seen otherwise.
function arrive() {
  clearTimeout(writing);
  if (!session.who) return;
  const { at, fork } = place.parameters;
  useFork(fork ?? '');
  const here = moment.live ? '' : String(moment.revision);
  if ((at ?? '') !== here && !moment.isMoving) {
    if (at) goRevision(at); else goLive();
  }
  show();
}

// The moment changed: the address says so, and the view follows once the playhead rests on a revision.
function follow() {
  if (!session.who) return;
  const at = moment.live ? undefined : String(moment.revision || '');
  if (moment.live || (moment.revision && !moment.problem)) {
    if (place.parameters.at !== at) {
      place.parameters = { ...place.parameters, at };
      // Browsers take only so many changes of the address in a while.
      clearTimeout(writing);
      writing = setTimeout(() => history.replaceState(null, '', place.link(place.path, place.parameters)), 200);
    }
  }
  show();
}

// The view and the moment that a warning is about.
const here = () => `${place.path.join('/')} ${moment.live ? 'live' : moment.revision}`;

// A recorder did not see everything: over what is not known a line says so, whatever the view shows.
function showGap() {
  const words = timeline.unobserved;
  if (unseen.textContent !== words) unseen.textContent = words;
  unseen.hidden = !words;
  if (words) notice.hidden = true;
}

function show() {
  let [name = 'objects'] = place.path;
  if (!views[name]) name = 'objects';
  if (name !== viewName) {
    view?.end();
    put(main, unseen, notice);
    viewName = name;
    view = new views[name](main, { timeline });
    if (document.activeElement === document.body) main.focus({ preventScroll: true });
    announce(view.title ?? name);
  }
  if (here() !== warnedAt) notice.hidden = true;
  const about = view.show(place.path.slice(1), place.parameters, moment) ?? {};
  document.querySelector('.middle').classList.toggle('wide', Boolean(about.wide));
  side.show(place, moment, about);
  timeline.narrow(about.namespace ?? '', about.store ?? '');
  stepAbout(about.step ?? {});
  showGap();
  document.title = `${about.title ?? 'Reckon'}${moment.live ? '' : ` @ ${moment.revision}`} · Reckon`;
  for (const link of document.querySelectorAll('.views a')) {
    const isHere = link.dataset.view === (name === 'object' ? 'objects' : name);
    if (isHere) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
    link.href = place.link(link.dataset.view === 'objects' ? ['objects', 'pods'] : [link.dataset.view], { ns: place.parameters.ns });
  }
}
