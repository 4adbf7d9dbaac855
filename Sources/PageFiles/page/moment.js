// The moment that is looked at: the present as it goes on, or a revision of the past.
import { ask, jsonAt, own, query, isAborted, Latest } from './api.js';
import { millis } from './clock.js';

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
  Object.assign(moment, { live: true, revision: 0, time: Date.now(), isMoving: false, problem: null });
  tell();
}

// A revision; its time is found out.
export async function goRevision(revision) {
  const signal = latest.begin();
  Object.assign(moment, { live: false, revision, isMoving: false, problem: null });
  try {
    const { document } = await jsonAt(own(`/reckon/v1/inventory?at=${revision}`), { signal });
    const time = millis(document.time);
    Object.assign(moment, { revision: document.revision, time: Math.max(time, 0) });
    inventory = { key: inventoryKey(''), document };
  } catch (error) {
    if (isAborted(error)) return;
    moment.problem = error;
  }
  tell();
}

let timer = 0;
// A time, as the playhead is dragged: at once on the face, and as a revision when the hand rests.
export function goTime(time, { delay = 90 } = {}) {
  Object.assign(moment, { live: false, time, isMoving: true });
  tell();
  clearTimeout(timer);
  timer = setTimeout(() => settle(time), delay);
}

async function settle(time) {
  const signal = latest.begin();
  try {
    const response = await ask(own(`/at/${new Date(time).toISOString()}/version`), { signal });
    const revision = Number(response.headers.get('reckon-revision'));
    if (moment.live) return;
    Object.assign(moment, { revision, isMoving: moment.time !== time, problem: null });
  } catch (error) {
    if (isAborted(error)) return;
    Object.assign(moment, { isMoving: false, problem: error });
  }
  tell();
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
