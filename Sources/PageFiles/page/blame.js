// Who set each field, over all history.
import { h, put } from './dom.js';
import { json, own } from './api.js';
import { millis, span, present } from './clock.js';
import { shortUser } from './versions.js';

export async function showBlame(context) {
  const { body, moment, signal, named } = context;
  const answer = await json(own(`/reckon/v1/blame${named}${moment.live ? '' : `&at=${moment.revision}`}`), { signal });
  const filter = h('input', { type: 'search', placeholder: 'Field, value or person', 'aria-label': 'Filter the fields', oninput: () => draw() });
  const place = h('div');
  const draw = () => {
    const wanted = filter.value.toLowerCase();
    const fields = answer.fields.filter((field) => !wanted || `${field.path} ${JSON.stringify(field.value)} ${field.user} ${field.manager ?? ''}`.toLowerCase().includes(wanted));
    let last = null;
    put(place, h('table', { class: 'lines' }, h('thead', h('tr', ['Field', 'Value', 'Set by', 'With', 'Revision', 'Age'].map((title) => h('th', { scope: 'col' }, title)))),
      h('tbody', fields.slice(0, 1500).map((field) => {
        const isSame = last === field.revision;
        last = field.revision;
        return h('tr', h('td', { class: 'mono', style: { maxWidth: '340px', overflowWrap: 'anywhere' } }, field.path), h('td', { class: 'mono cut', style: { maxWidth: '220px' }, title: JSON.stringify(field.value) }, typeof field.value === 'string' ? field.value : JSON.stringify(field.value)),
          h('td', { class: isSame ? 'faint cut' : 'cut', style: { maxWidth: '200px' }, title: field.user }, shortUser(field.user)), h('td', { class: 'faint nowrap' }, [field.verb, field.manager || (field.userAgent ?? '').split('/')[0]].filter(Boolean).join(' · ')),
          h('td', { class: 'nowrap' }, h('a', { href: context.link('yaml', { at: field.revision }) }, field.revision)), h('td', { class: 'soft nowrap', title: field.time }, span((moment.live ? present() : moment.time) - millis(field.time))));
      }))));
  };
  draw();
  put(body, h('div', { class: 'filters', style: { paddingTop: '8px' } }, filter, h('span', { class: 'soft' }, `${answer.fields.length} fields`)), place);
  return null;
}
