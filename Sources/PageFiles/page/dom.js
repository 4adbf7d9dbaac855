// Makes elements. Text is always text: nothing here reads markup.
export function h(tag, ...rest) { return fill(document.createElement(tag), rest); }

export function s(tag, ...rest) { return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), rest); }

function fill(element, rest) {
  for (const part of rest.flat(3)) {
    if (part === null || part === undefined || part === false) continue;
    if (part instanceof Node) element.append(part);
    else if (typeof part === 'object') attributes(element, part);
    else element.append(String(part));
  }
  return element;
}

function attributes(element, given) {
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') Object.assign(element.style, value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
}

export function put(element, ...children) {
  element.replaceChildren();
  return fill(element, children);
}

// The same, when parts of it may have the focus: what has the same `data-key` afterwards has it again.
export function refill(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  put(element, ...children);
  if (focused) element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

const glyphs = {
  play: 'M5 3.5v9l7-4.5z', pause: 'M5 3.5v9M11 3.5v9', back: 'M10 3.5 5.5 8l4.5 4.5', forward: 'M6 3.5 10.5 8 6 12.5',
  plus: 'M8 3.5v9M3.5 8h9', minus: 'M3.5 8h9', sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  moon: 'M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z', link: 'M6.5 9.5l3-3M7 4.8l1.4-1.4a2.9 2.9 0 0 1 4.1 4.1L11.2 8.9M9 11.2l-1.4 1.4a2.9 2.9 0 0 1-4.1-4.1l1.3-1.4',
  close: 'M4 4l8 8M12 4l-8 8', menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11', all: 'M2 8h12M4.5 5.5 2 8l2.5 2.5M11.5 5.5 14 8l-2.5 2.5',
};
export function glyph(name) {
  return s('svg', { class: 'glyph', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('path', { d: glyphs[name] }));
}

// Says something to those who listen rather than look.
export function announce(text, isUrgent = false) {
  const place = document.getElementById(isUrgent ? 'urgent' : 'polite');
  if (place.textContent !== text) place.textContent = text;
}
