// What Kubernetes' own Events said of the object, up to the moment: those that have expired since are still in the log.
import { h, put } from './dom.js';
import { json, prefix, query } from './api.js';
import { millis, when, span, present } from './clock.js';
import { empty } from './problem.js';
import { look } from './looks.js';

export async function showEvents(context) {
  const { body, moment, namespace, kind, name, signal } = context;
  const inside = `/api/v1/namespaces/${encodeURIComponent(namespace || 'default')}/events`;
  const path = prefix(moment) + (kind.namespaced ? inside : '/api/v1/events') + query({ fieldSelector: `involvedObject.name=${name},involvedObject.kind=${kind.kind}`, limit: 500 });
  const list = await json(path, { signal });
  const items = list.items.map((item) => ({ ...item, last: millis(item.lastTimestamp ?? item.series?.lastObservedTime ?? item.eventTime ?? item.metadata.creationTimestamp) })).sort((x, y) => y.last - x.last);
  if (!items.length) {
    put(body, empty('No events', 'Nothing was reported about this object that was still kept at this moment. An hour after they happen events expire; move the playhead to when it happened.'));
    return null;
  }
  const now = moment.live ? present() : moment.time;
  put(body, h('table', { class: 'lines' }, h('thead', h('tr', ['Last seen', 'Type', 'Reason', 'From', 'Message', 'Times'].map((title) => h('th', { scope: 'col' }, title)))),
    h('tbody', items.map((item) => h('tr', h('td', { class: 'nowrap', title: when(item.last) }, `${span(now - item.last)} ${moment.live ? 'ago' : 'before'}`), h('td', { class: item.type === 'Warning' ? 'warn' : 'soft' }, item.type), h('td', { class: `nowrap ${look('Reason', item.reason)}` }, item.reason),
      h('td', { class: 'soft nowrap' }, item.source?.component || item.reportingComponent || ''), h('td', item.message), h('td', { class: 'soft' }, item.count ?? item.series?.count ?? 1))))));
  return null;
}
