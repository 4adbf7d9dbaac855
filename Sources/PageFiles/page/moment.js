// The moment that is looked at: the present as it goes on, or a revision of the past.
import { ask, jsonAt, own, query, isAborted, Latest } from './api.js';
import { millis, present } from './clock.js';

const listeners = [];
const latest = new Latest();

export const moment = {
  live: true,
  revision: 0, // of the past; 0 in the present
  time: Date.now(), // in the past, when it was
  // While the playhead is dragged the time is ahead of the revision.
  isMoving: false,
  problem: null,
};

export function onMoment(listener) { listeners.push(listener); }
function tell() { for (const listener of listeners) listener(moment); }

export function goLive() {
  latest.end();
  Object.assign(moment, { live: true, revision: 0, time: present(), isMoving: false, problem: null });
  tell();
}

// A revision; its time is found out.
export async function goRevision(revision) {
  const signal = latest.begin();
  Object.assign(moment, { live: false, revision, isMoving: false, problem: null });
  try {
    const { document } = await jsonAt(own(`/reckon/v1/inventory?at=${revision}`), { signal });
    // A time that was asked for is that time, not the one of the newest event before it.
    const time = /^\d+$/.test(revision) ? millis(document.time) : millis(revision) || millis(document.time);
    Object.assign(moment, { revision: document.revision, time: Math.max(time, 0) });
    inventory = { key: inventoryKey(''), document };
  } catch (error) {
    if (isAborted(error)) return;
    moment.problem = error;
  }
  tell();
}

// A time, as the playhead is dragged or plays: at once on the clock, and as a revision as fast as the view can follow.
export function goTime(time, { delay = 90 } = {}) {
  Object.assign(moment, { live: false, time, isMoving: true });
  tell();
  wanted = time;
  if (!timer && !isSettling) timer = setTimeout(settle, delay);
}
let timer = 0;
let wanted = 0;
let isSettling = false;

// Finds the revision of the time that is wanted, again and again until it is the one shown.
async function settle() {
  timer = 0;
  isSettling = true;
  let time;
  do {
    await viewIsIdle();
    if (moment.live || !moment.isMoving) break;
    time = wanted;
    try {
      const response = await ask(own(`/at/${new Date(time).toISOString()}/version`), { signal: latest.begin() });
      const revision = Number(response.headers.get('reckon-revision'));
      if (moment.live || !moment.isMoving) break;
      Object.assign(moment, { revision, isMoving: wanted !== time, problem: null });
    } catch (error) {
      if (isAborted(error)) break;
      Object.assign(moment, { isMoving: wanted !== time, problem: error });
    }
    tell();
  } while (wanted !== time);
  isSettling = false;
}

// The next moment is taken up when the view has shown the one before, or takes too long.
async function viewIsIdle() {
  for (let n = 0; n < 40 && document.querySelector('.busy.on'); n++) await new Promise((done) => { setTimeout(done, 25); });
}

// Kinds and namespaces with their counts at the moment; kept until the moment changes.
let inventory = { key: '', document: null };
const inventoryKey = (namespace) => `${own('')}@${moment.live ? 'live' : moment.revision}/${namespace}`;

export async function inventoryNow(namespace = '', signal) {
  const key = inventoryKey(namespace);
  if (inventory.document && inventory.key === key && !moment.live) return inventory.document;
  const { document } = await jsonAt(own('/reckon/v1/inventory' + query({ at: moment.live ? '' : moment.revision, namespace })), { signal });
  inventory = { key, document };
  return document;
}
// What was known last, however old: enough to name a kind.
export const knownInventory = () => inventory.document;
