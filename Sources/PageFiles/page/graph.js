// Who owns an object and what it owns, as a drawing; and why it is as it is, as the chain of events back to somebody's request.
import { h, s, put } from './dom.js';
import { json, own, prefix, query, isAborted } from './api.js';
import { place, objectPath } from './place.js';
import { knownInventory } from './moment.js';
import { millis, when } from './clock.js';
import { entriesOf, shortUser } from './versions.js';
import { objectPathOf, listPath } from './table.js';
import { problem } from './problem.js';

// Which kinds an object of a kind owns, as far as that is usual: there is no list of "owned by".
const children = {
  Deployment: ['replicasets'], ReplicaSet: ['pods'], StatefulSet: ['pods', 'controllerrevisions'], DaemonSet: ['pods', 'controllerrevisions'], Job: ['pods'], CronJob: ['jobs'],
  Service: ['endpointslices'], ReplicationController: ['pods'], Node: ['leases'],
};

export async function showGraph(context) {
  const { body } = context;
  const owners = h('section', { class: 'graph' }, h('h2', 'Owners'));
  const causes = h('section', { class: 'graph' }, h('h2', 'Why'));
  put(body, owners, causes);
  const parts = [drawOwners(context, owners), drawCauses(context, causes)];
  for (const part of await Promise.allSettled(parts)) if (part.status === 'rejected') {
    if (isAborted(part.reason)) return null;
    if (part.reason?.code === 404 && part === parts[0]) throw part.reason;
    (body.lastChild).append(problem(part.reason, { inline: true }));
  }
  return null;
}

async function drawOwners(context, section) {
  const self = await context.at();
  const levels = [[{ object: self, kind: context.kind, isSelf: true }]];
  let current = self;
  for (let n = 0; n < 6; n++) {
    const reference = (current.metadata.ownerReferences ?? []).find((one) => one.controller) ?? current.metadata.ownerReferences?.[0];
    if (!reference) break;
    const kind = kindOf(reference);
    let object = { metadata: { name: reference.name, namespace: self.metadata.namespace, uid: reference.uid }, kind: reference.kind };
    if (kind) {
      try {
        object = await json(prefix(context.moment) + objectPathOf(kind, kind.namespaced ? self.metadata.namespace : '', reference.name), { signal: context.signal });
      } catch (error) {
        if (isAborted(error)) throw error;
        levels.unshift([{ object, kind: kind ?? reference, note: error.code === 403 ? 'not yours to read' : 'gone' }]);
        break;
      }
    }
    levels.unshift([{ object, kind: kind ?? reference }]);
    if (!kind) break;
    current = object;
  }
  let parents = [{ kind: context.kind.kind, uid: self.metadata.uid }];
  for (let n = 0; n < 3 && parents.length; n++) {
    const below = await owned(context, parents);
    if (below.length) levels.push(below);
    parents = below.filter((one) => one.kind).map((one) => ({ kind: one.kind.kind, uid: one.object.metadata.uid }));
  }
  section.append(drawing(levels));
}

async function owned(context, parents) {
  const wanted = [...new Set(parents.flatMap((parent) => children[parent.kind] ?? []))];
  const uids = new Set(parents.map((parent) => parent.uid));
  const found = [];
  for (const resource of wanted) {
    const kind = knownInventory()?.kinds.find((one) => one.resource === resource);
    if (!kind || kind.visible === 'none') continue;
    const list = await json(prefix(context.moment) + listPath(kind, context.namespace) + query({ limit: 1000 }), { signal: context.signal }).catch((error) => { if (isAborted(error)) throw error; return { items: [] }; });
    for (const object of list.items) {
      const owner = object.metadata.ownerReferences?.find((one) => uids.has(one.uid));
      if (owner) found.push({ object, kind, owner: owner.uid });
    }
  }
  return found;
}

function kindOf(reference) {
  const group = reference.apiVersion.includes('/') ? reference.apiVersion.split('/')[0] : '';
  return knownInventory()?.kinds.find((kind) => kind.kind === reference.kind && kind.group === group);
}

const wide = 224;
const tall = 46;

function drawing(levels) {
  const most = 14;
  const placed = new Map();
  let rows = 0;
  const boxes = [];
  const edges = [];
  const tallest = Math.min(most, Math.max(...levels.map((level) => level.length)));
  levels.forEach((level, depth) => {
    const shown = level.slice(0, most);
    rows = Math.max(rows, shown.length + (level.length > most ? 1 : 0));
    const above = (tallest - shown.length) / 2;
    shown.forEach((one, i) => {
      const at = { x: depth * (wide + 56) + 1, y: (i + above) * (tall + 10) + 1 };
      placed.set(one.object.metadata.uid, at);
      boxes.push(box(one, at));
      const from = one.owner ? placed.get(one.owner) : depth > 0 && level.length === 1 ? placed.get(levels[depth - 1][0].object.metadata.uid) : null;
      if (from) edges.push(s('path', { class: 'edge', d: `M${from.x + wide} ${from.y + tall / 2} C${from.x + wide + 30} ${from.y + tall / 2} ${at.x - 30} ${at.y + tall / 2} ${at.x} ${at.y + tall / 2}` }));
    });
    if (level.length > most) boxes.push(s('text', { x: depth * (wide + 56) + 8, y: most * (tall + 10) + 18, fill: 'currentColor', 'font-size': 12 }, `and ${level.length - most} more`));
  });
  const width = levels.length * (wide + 56) - 54;
  const height = rows * (tall + 10);
  return s('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Owners, from the first on the left to what is owned on the right' }, edges, boxes);
}

function box({ object, kind, isSelf, note }, { x, y }) {
  const { name, namespace } = object.metadata;
  const status = note ?? summary(object);
  return s('a', { class: isSelf ? 'box me' : 'box', href: place.link(objectPath(kind, kind.namespaced === false ? '' : namespace, name, 'yaml')), 'aria-label': `${kind.kind} ${name} ${status}` },
    s('rect', { x, y, width: wide, height: tall, rx: 8 }), s('text', { x: x + 10, y: y + 19 }, cut(name, 31)), s('text', { class: 'small', x: x + 10, y: y + 35 }, cut([kind.kind, status].filter(Boolean).join(' · '), 36)));
}

const cut = (text, most) => text.length > most ? text.slice(0, most - 12) + '…' + text.slice(-11) : text;

function summary(object) {
  const { status = {}, spec = {} } = object;
  if (status.phase) return status.phase;
  if (spec.replicas !== undefined) return `${status.readyReplicas ?? 0} of ${spec.replicas} ready`;
  return '';
}

// The causes of what is there, back to a request from outside.
async function drawCauses(context, section) {
  const { moment, parameters, named, signal } = context;
  const answer = await json(own(`/reckon/v1/why${named}${query({ at: moment.live ? '' : moment.revision, field: parameters.field }).replace('?', '&')}`), { signal });
  section.append(h('p', { style: { marginBottom: '8px' } }, answer.answer ?? ''), h('ol', { class: 'chain' }, (answer.chain ?? []).map(link)));
  // The newest change, when it is another: the events that led to it, each by the revision it names.
  const newest = entriesOf(await context.history()).filter((entry) => moment.live || entry.revision <= moment.revision).pop();
  if (!newest || answer.chain?.[0]?.revision === newest.revision) return;
  const chain = [];
  for (let revision = newest.revision; revision && chain.length < 24;) {
    const event = await json(own(`/reckon/v1/events/${revision}`), { signal }).catch((error) => {
      if (isAborted(error)) throw error;
      return { revision, isHidden: true };
    });
    chain.push(event);
    revision = event.cause;
  }
  section.append(h('h2', { style: { marginTop: '18px' } }, 'Its newest change'), h('p', { class: 'soft', style: { marginBottom: '8px' } }, 'The change first; below each event what led to it. The last is where it came from.'), h('ol', { class: 'chain' }, chain.map(link)));
}

function link(event) {
  if (event.isHidden) return h('li', h('strong', `Revision ${event.revision}`), h('div', { class: 'soft' }, 'Changed objects that are not yours to read.'));
  return h('li', h('div', h('strong', shortUser(event.user)), ' ', h('span', { class: 'soft' }, event.summary)),
    h('div', { class: 'faint' }, h('a', { href: place.link(['events'], { rev: event.revision, at: event.revision }) }, `revision ${event.revision}`), ` · ${when(millis(event.time))} · ${event.verb} · ${(event.userAgent ?? '').split(' ')[0]}`),
    event.why ? h('div', event.why) : null,
    event.decision ? h('details', h('summary', { class: 'soft' }, 'The controller\'s whole decision'), h('pre', { class: 'mono' }, JSON.stringify(event.decision, null, 2))) : null);
}
