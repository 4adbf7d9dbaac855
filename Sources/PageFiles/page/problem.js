// Explains what went wrong, and what to do.
import { h } from './dom.js';
import { session } from './api.js';
import { moment, goLive } from './moment.js';

export function explain(error) {
  const who = session.who?.username ?? 'you';
  switch (error.code) {
    case 0: return { title: 'The server cannot be reached', text: 'It may be stopping or starting, or the network is down. The page tries again by itself while it is live.', retry: true };
    case 401: return { title: 'Signed out', text: 'The credential is not accepted (any more). Sign in again; the view will still be here.' };
    case 403: return {
      title: 'Not yours to read', said: error.message,
      text: `The cluster's rules do not let ${who} read this, so nothing can be said about whether there is anything. Whoever administers the cluster can grant it with a role; "kubectl auth can-i --list" shows what is allowed.`,
    };
    case 404: return { title: 'Not there', said: error.message, text: 'It did not exist at this moment. Move the playhead, or go to the present.', live: true };
    case 405: return { title: 'The past is read-only', said: error.message, text: 'That can only be asked of the present.', live: true };
    case 410: return { title: 'No longer kept', said: error.message, text: 'The log was pruned up to there. Choose a later moment.', live: true };
    case 429: return { title: 'Too many requests', said: error.message, text: 'The server asks for patience.', retry: true };
    case 501: return { title: 'Not served here', said: error.message, text: 'This server does not have that.' };
    default: return { title: error.code >= 500 ? 'The server failed' : 'That did not work', said: error.message ?? String(error), text: 'The server\'s own log says more.', retry: true };
  }
}

export function problem(error, { retry, inline = false } = {}) {
  const { title, text, said, live, retry: canRetry } = explain(error);
  return h('div', { class: inline ? 'problem inline' : 'problem', role: 'alert' }, h('h2', title), h('p', text), said ? h('p', { class: 'said' }, said) : null,
    h('div', { class: 'do' },
      retry && canRetry !== false ? h('button', { type: 'button', onclick: retry }, 'Try again') : null,
      live && !moment.live ? h('button', { type: 'button', onclick: goLive }, 'Go to the present') : null));
}

export function empty(title, text, ...actions) {
  return h('div', { class: 'problem' }, h('h2', title), h('p', text), actions.length ? h('div', { class: 'do' }, actions) : null);
}
