// What a pod's containers wrote, as far as their node still has it. In the present it goes on.
import { h, put } from './dom.js';
import { ask, own, query, isAborted } from './api.js';
import { empty } from './problem.js';
import { place } from './place.js';

const linesMax = 5000;

export async function showLogs(context) {
  const { body, moment, parameters, signal } = context;
  const pod = await context.at();
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])].map((container) => container.name);
  const chosen = containers.includes(parameters.c) ? parameters.c : pod.spec.containers[0].name;
  const select = h('select', { 'aria-label': 'Container', onchange: () => place.change({ c: select.value }) }, containers.map((name) => h('option', { value: name }, name)));
  select.value = chosen;
  const previous = h('label', h('input', { type: 'checkbox', style: { height: 'auto' }, checked: parameters.prev === '1', onchange: (event) => place.change({ prev: event.target.checked ? '1' : '' }) }), 'the run before');
  const log = h('pre', { class: 'log', tabindex: '0', 'aria-label': `Log of ${chosen}` });
  put(body, h('div', { class: 'filters', style: { paddingTop: '8px' } }, select, previous, h('span', { class: 'soft' }, moment.live ? 'follows' : 'up to the moment, as far as the node still has it')), log);
  const options = { container: chosen, timestamps: 'true', tailLines: linesMax, previous: parameters.prev === '1' ? 'true' : '', follow: moment.live && parameters.prev !== '1' ? 'true' : '' };
  // Logs are the node's, not the log's: they are asked of the present and cut at the moment.
  let response;
  try {
    response = await ask(own(context.path) + '/log' + query(options), { accept: '*/*', signal });
  } catch (error) {
    if (isAborted(error) || error.code === 401 || error.code === 403) throw error;
    log.replaceWith(h('div', { class: 'problem' }, h('h2', 'The node has no log of it'), h('p', 'Logs are kept where the pod runs: not by a simulated node, and not for long after the pod is gone.'), h('p', { class: 'said' }, error.message)));
    return null;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const until = moment.live ? Infinity : moment.time;
  let rest = '';
  let count = 0;
  const add = (text) => {
    const space = text.indexOf(' ');
    if (Date.parse(text.slice(0, space)) > until) return;
    const isAtEnd = body.scrollTop + body.clientHeight > body.scrollHeight - 40;
    log.append(h('span', { class: 'faint' }, text.slice(11, 19) + ' '), text.slice(space + 1) + '\n');
    if (++count > linesMax) { log.firstChild.remove(); log.firstChild.remove(); }
    if (isAtEnd) body.scrollTop = body.scrollHeight;
  };
  (async () => {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const lines = (rest + value).split('\n');
        rest = lines.pop();
        lines.forEach(add);
      }
      if (rest) add(rest);
      if (!count) body.append(empty('Nothing written', moment.live ? 'The container has written nothing.' : 'Nothing that the node still has was written before this moment.'));
    } catch (error) {
      if (!isAborted(error)) log.append(`\n${error.message}`);
    }
  })();
  return null;
}
