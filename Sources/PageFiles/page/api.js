// The cluster's API, asked with the credentials of the person at the page. The token lives in sessionStorage, nowhere else.
const slot = 'reckon.token';

export const session = {
  who: null,
  // Whom the browser's certificate names, once that was seen.
  certificate: '',
  get token() { return sessionStorage.getItem(slot) ?? ''; },
  set token(value) { if (value) sessionStorage.setItem(slot, value); else sessionStorage.removeItem(slot); },
};

let whenWarned = () => {};
// What the server says beside an answer: a kind that will go, a stretch of a recording in which nothing was seen.
export function onWarning(action) { whenWarned = action; }

let whenSignedOut = () => {};
export function onSignedOut(action) { whenSignedOut = action; }

export class Refusal extends Error {
  constructor(code, reason, message, path) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.path = path;
  }
}

// The server's other copies of the cluster: '' is the cluster itself, '/fork/NAME' a fork of it.
let base = '';
export function useFork(name) { base = name ? '/fork/' + encodeURIComponent(name) : ''; }

// The prefix under which a moment is served.
export function prefix(moment) { return base + (!moment || moment.live || !moment.revision ? '' : '/at/' + moment.revision); }
export function own(path) { return base + path; }

export async function ask(path, { method = 'GET', accept = 'application/json', body, signal } = {}) {
  const headers = { Accept: accept };
  if (session.token) headers.Authorization = 'Bearer ' + session.token;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, {
      method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store', credentials: 'same-origin',
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refusal(0, 'Unreachable', 'The server did not answer.', path);
  }
  const warning = response.headers.get('warning');
  if (warning) whenWarned([...warning.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((found) => found[1].replace(/\\(.)/g, '$1')));
  if (response.ok) return response;
  const text = await response.text().catch(() => '');
  let status = {};
  try { status = JSON.parse(text); } catch { status = { message: text.slice(0, 400).trim() }; }
  const refusal = new Refusal(response.status, status.reason ?? '', status.message || response.statusText, path);
  if (response.status === 401) whenSignedOut(refusal);
  throw refusal;
}

export async function json(path, options) { return (await ask(path, options)).json(); }

// A document and the revision that it is of.
export async function jsonAt(path, options) {
  const response = await ask(path, options);
  return { document: await response.json(), revision: Number(response.headers.get('reckon-revision') ?? 0) };
}

// Calls `each` with every document of a stream of lines until it ends.
export async function stream(path, each, options) {
  const response = await ask(path, options);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line) each(JSON.parse(line));
  }
}

// Who the server takes this page for; null when it is nobody in particular.
export async function whoAmI() {
  const review = await json('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    method: 'POST', body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  const user = review.status?.userInfo ?? {};
  if (!user.username || user.username === 'system:anonymous') return null;
  if (!session.token) session.certificate = user.username;
  return user;
}

// Runs one thing at a time: beginning the next one ends the one before.
export class Latest {
  #controller = null;
  begin() {
    this.#controller?.abort();
    this.#controller = new AbortController();
    return this.#controller.signal;
  }
  end() { this.#controller?.abort(); }
}
export const isAborted = (error) => error?.name === 'AbortError';

export function query(parameters) {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined && value !== null && value !== '') text.set(name, value);
  const out = text.toString();
  return out ? '?' + out : '';
}
