// The object as YAML at the moment; bookkeeping is folded.
import { h, put, announce } from './dom.js';
import { stream, own, query, isAborted } from './api.js';
import { listPath } from './table.js';
import { yamlLines } from './yaml.js';

export async function showYAML(context) {
  const { body, moment } = context;
  let object = await context.at();
  let open = false;
  const draw = (before) => {
    const folded = open ? 0 : object.metadata?.managedFields?.length ?? 0;
    const shown = folded ? { ...object, metadata: { ...object.metadata, managedFields: undefined } } : object;
    if (folded) delete shown.metadata.managedFields;
    const old = before ? new Set(yamlLines(before).map(fingerprint)) : null;
    const lines = yamlLines(shown);
    let scroll = body.scrollTop;
    put(body, h('div', { class: 'code' }, lines.map((line, i) => h('div', { class: old && !old.has(fingerprint(line)) ? 'ln changed' : 'ln' }, h('span', { class: 'nr', 'aria-hidden': 'true' }, i + 1), text(line))),
      folded ? h('div', { class: 'ln' }, h('span', { class: 'nr' }), h('button', { class: 'fold', type: 'button', onclick: () => { open = true; draw(); } }, `managedFields: ${folded} managers`)) : null));
    body.scrollTop = scroll;
  };
  draw(context.view.lastObject?.metadata?.uid === object.metadata?.uid ? context.view.lastObject : null);
  context.view.lastObject = object;
  if (!moment.live) return null;
  // The present: what changes is shown as it changes.
  const follow = async () => {
    const path = own(listPath(context.kind, context.namespace)) + query({ watch: 1, fieldSelector: `metadata.name=${context.name}`, resourceVersion: object.metadata.resourceVersion });
    try {
      await stream(path, (event) => {
        if (event.type === 'DELETED') announce(`${context.name} was deleted.`);
        if (event.type !== 'MODIFIED' && event.type !== 'ADDED') return;
        const before = object;
        object = event.object;
        context.view.lastObject = object;
        draw(before);
      }, { signal: context.signal });
    } catch (error) {
      if (isAborted(error)) return;
    }
  };
  follow();
  return null;
}

const fingerprint = (line) => `${line.path} ${line.key} ${line.text}`;

function text({ depth, dash, key, text: value, kind }) {
  const indent = '  '.repeat(dash ? Math.max(depth - 1, 0) : depth);
  return h('span', indent + dash, key ? [h('span', { class: 'k' }, key), ':', value ? ' ' : ''] : null, value ? h('span', { class: kind }, value) : null);
}
