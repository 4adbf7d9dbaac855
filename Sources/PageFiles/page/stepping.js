// Goes from event to event: those of the view when it is about something, heartbeats left out.
import { json, own, query } from './api.js';
import { announce } from './dom.js';
import { millis } from './clock.js';
import { moment, goRevision } from './moment.js';
import { isBeat } from './density.js';
import { player } from './player.js';

let about = {};
// What the view is about: { namespace, resource, group, name }.
export function stepAbout(parameters) { about = parameters; }

let isBusy = false;
export async function step(direction) {
  if (isBusy) return;
  isBusy = true;
  player.stop();
  try {
    const place = direction < 0
      ? { order: 'newest', until: moment.live ? '' : moment.revision - 1 }
      : { since: moment.live ? '' : moment.revision };
    if (direction > 0 && moment.live) return announce('This is the present.');
    if (direction < 0 && !moment.live && moment.revision <= 1) return announce('This is the beginning.');
    let next = '';
    for (let tries = 0; tries < 8; tries++) {
      const page = await json(own('/reckon/v1/events' + query({ ...about, ...place, limit: 50, continue: next })));
      const found = page.items.find((item) => item.changes.some((change) => !isBeat(store(change))));
      if (found) {
        announce(`${new Date(millis(found.time)).toLocaleTimeString()}, ${found.user}: ${found.summary}`);
        await goRevision(found.revision);
        return;
      }
      next = page.continue;
      if (!next) break;
    }
    announce(direction < 0 ? 'No event before this.' : 'No event after this.');
  } catch (error) {
    announce(error.message, true);
  } finally {
    isBusy = false;
  }
}

const store = (change) => change.group ? `${change.resource}.${change.group}` : change.resource;
