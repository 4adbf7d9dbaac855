// Where the page is: everything that a link needs stands in the fragment, `#/objects/pods?ns=shop&at=4821`.
const listeners = [];

export function parse(hash) {
  const text = hash.replace(/^#\/?/, '');
  const mark = text.indexOf('?');
  const path = (mark < 0 ? text : text.slice(0, mark)).split('/').filter(Boolean).map(decodeURIComponent);
  return { path, parameters: Object.fromEntries(new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1))) };
}

export function link(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined && value !== null && value !== '') query.set(name, value);
  const tail = query.toString();
  return '#/' + path.map(encodeURIComponent).join('/') + (tail ? '?' + tail : '');
}

export const place = {
  ...parse(location.hash),
  // Goes to another view: one step of the back button.
  go(path, parameters = {}) { location.hash = link(path, { ...kept(), ...parameters }); },
  // The same view seen otherwise: no step of its own.
  change(parameters) {
    const next = { ...place.parameters, ...parameters };
    history.replaceState(null, '', link(place.path, next));
    Object.assign(place, parse(location.hash));
    for (const listener of listeners) listener(place);
  },
  // A link that keeps the moment.
  link(path, parameters = {}) { return link(path, { ...kept(), ...parameters }); },
};

function kept() {
  const { at, fork } = place.parameters;
  return { at, fork };
}

export function onPlace(listener) { listeners.push(listener); }

addEventListener('hashchange', () => {
  Object.assign(place, parse(location.hash));
  for (const listener of listeners) listener(place);
});

// The link to an object's page. `kind` is an entry of the inventory or { group, resource }.
export function objectPath(kind, namespace, name, tab) {
  const store = kind.group ? `${kind.resource}.${kind.group}` : kind.resource;
  return ['object', store, namespace || '-', name].concat(tab ? [tab] : []);
}
