// Any two versions of an object side by side.
import { h, put } from './dom.js';
import { place } from './place.js';
import { clock, millis } from './clock.js';
import { entriesOf, shortUser } from './versions.js';
import { yamlText } from './yaml.js';
import { sides } from './sides.js';
import { empty } from './problem.js';

export async function showDiff(context) {
  const { body, parameters, moment } = context;
  const entries = entriesOf(await context.history());
  const bodies = entries.filter((entry) => entry.kind !== 'deleted');
  if (bodies.length < 2) {
    put(body, empty('Only one version', 'There is nothing to compare with yet.'));
    return null;
  }
  const upTo = moment.live ? bodies : bodies.filter((entry) => entry.revision <= moment.revision);
  const standard = upTo.length > 1 ? upTo : bodies;
  const b = Number(parameters.b) || standard[standard.length - 1].revision;
  const older = bodies.filter((entry) => entry.revision < b);
  const a = Number(parameters.a) || (older[older.length - 1] ?? bodies[0]).revision;
  const strip = { all: parameters.all === '1' };
  const choice = (name, label, chosen) => {
    const select = h('select', { 'aria-label': label, onchange: () => place.change({ a, b, [name]: select.value }) },
      bodies.slice(-400).reverse().map((entry) => h('option', { value: entry.revision }, `${entry.revision}  ${clock(millis(entry.time))}  ${shortUser(entry.user)}`)));
    select.value = String(chosen);
    return select;
  };
  const [left, right] = await Promise.all([context.at(a), context.at(b)]);
  const text = (object) => {
    if (!strip.all) {
      object = { ...object, metadata: { ...object.metadata } };
      delete object.metadata.managedFields;
      delete object.metadata.resourceVersion;
    }
    return yamlText(object);
  };
  const who = (revision) => {
    const entry = entries.find((one) => one.revision === revision);
    return entry ? `Revision ${revision}, ${clock(millis(entry.time))}, ${shortUser(entry.user)}` : `Revision ${revision}`;
  };
  const { element, changed } = sides(text(left), text(right), who(a), who(b));
  put(body, h('div', { class: 'filters', style: { paddingTop: '8px' } }, choice('a', 'Older version', a), h('span', { class: 'faint' }, 'to'), choice('b', 'Newer version', b),
    h('span', { class: 'soft', role: 'status' }, `${changed} ${changed === 1 ? 'line differs' : 'lines differ'}`),
    h('label', h('input', { type: 'checkbox', style: { height: 'auto' }, checked: strip.all, onchange: (event) => place.change({ a, b, all: event.target.checked ? '1' : '' }) }), 'bookkeeping')), element);
  return null;
}
