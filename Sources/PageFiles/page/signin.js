// The door: a token of the cluster, or the certificate that the browser shows.
import { h, put } from './dom.js';
import { session, whoAmI } from './api.js';
import { explain } from './problem.js';

export function showSignIn(root, { refusal, then }) {
  document.body.classList.add('signed-out');
  document.title = 'Sign in · Reckon';
  const token = h('input', { type: 'password', id: 'token', name: 'token', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'token-help' });
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  const enter = async (given, otherwise) => {
    session.token = given;
    try {
      const who = await whoAmI();
      if (!who) throw Object.assign(new Error('nobody'), { code: 401 });
      // Servers look at certificates first.
      if (given && who.username === session.certificate) {
        refuse(`This browser shows the certificate of ${who.username}, which goes before any token. Sign in with it, or open the page in a window or profile without it.`);
        return;
      }
      document.body.classList.remove('signed-out');
      then(who);
    } catch (failure) {
      refuse(failure.code === 401 || failure.code === 403 ? otherwise : explain(failure).title + '. ' + failure.message);
    }
  };
  const refuse = (why) => {
    session.token = '';
    error.hidden = false;
    error.textContent = why;
    token.focus();
  };
  const form = h('form', {
    onsubmit: (event) => {
      event.preventDefault();
      const given = token.value.trim();
      if (!given) { token.focus(); return; }
      enter(given, 'The cluster does not accept this token. It may have expired, or be of another cluster.');
    },
  },
    h('img', { class: 'mark', src: 'icon.svg', alt: '' }), h('h1', 'Reckon'),
    h('p', 'Sign in with what you use for kubectl. The page shows what your rights let you read, now and in the past.'),
    error, h('label', { for: 'token' }, 'Token'), token,
    h('div', { class: 'do' }, h('button', { class: 'main-action', type: 'submit' }, 'Sign in'),
      h('button', {
        type: 'button', onclick: () => enter('', 'The browser presented no certificate that this cluster accepts. Import one that its authority signed, then try again.'),
      }, 'Use a certificate')),
    h('details', h('summary', 'Where do I get a token?'), h('div', { id: 'token-help' },
      h('p', 'Of a service account, good for an hour:'),
      h('pre', 'kubectl create token NAME -n NAMESPACE'),
      h('p', 'A link that signs in by itself, from your kubeconfig:'),
      h('pre', 'reckon ui'),
      h('p', 'The token stays in this tab and is forgotten when it closes.'))));
  put(root, h('div', { class: 'signin' }, form));
  if (refusal) {
    error.hidden = false;
    error.textContent = refusal;
  }
  token.focus();
}
