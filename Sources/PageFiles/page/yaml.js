// Objects as YAML, a line at a time: { depth, key, dash, value, kind, path }.
const plain = /^[A-Za-z_/][\w ./@+-]*$/;
const reserved = /^(true|false|null|yes|no|on|off|y|n|~)$/i;

function scalar(value) {
  if (value === null) return { text: 'null', kind: 'n' };
  if (typeof value !== 'string') return { text: String(value), kind: 'n' };
  if (plain.test(value) && !reserved.test(value) && !value.endsWith(' ') && !/: | #/.test(value)) return { text: value, kind: 's' };
  if (/^[\w./@+-]+(:[\w./@+-]+)+$/.test(value) && !/^[\d.:+-]+$/.test(value) && /^[A-Za-z]/.test(value) && !/^\d{4}-/.test(value)) return { text: value, kind: 's' };
  return { text: JSON.stringify(value), kind: 's' };
}

const isEmpty = (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const order = ['apiVersion', 'kind', 'metadata', 'spec', 'data', 'status'];

export function yamlLines(value) {
  const lines = [];
  const members = (object, depth, path, dash) => {
    let keys = Object.keys(object);
    if (depth === 0) keys = [...order.filter((key) => keys.includes(key)), ...keys.filter((key) => !order.includes(key))];
    keys.forEach((key, i) => {
      const below = path ? `${path}.${key}` : key;
      member(object[key], depth, scalar(key).text, below, i === 0 ? dash : '');
    });
  };
  const member = (item, depth, key, path, dash) => {
    const line = (text, kind) => lines.push({ depth, dash, key, text, kind, path });
    if (typeof item === 'string' && item.includes('\n')) {
      line(item.endsWith('\n') ? '|' : '|-', 'n');
      for (const part of item.replace(/\n$/, '').split('\n')) lines.push({ depth: depth + 1, dash: '', key: '', text: part, kind: 's', path });
    } else if (item === null || typeof item !== 'object') {
      const { text, kind } = scalar(item);
      line(text, kind);
    } else if (isEmpty(item)) {
      line(Array.isArray(item) ? '[]' : '{}', 'n');
    } else {
      line('', '');
      if (Array.isArray(item)) elements(item, depth, path); else members(item, depth + 1, path, '');
    }
  };
  const elements = (list, depth, path) => {
    list.forEach((item, i) => {
      const below = `${path}[${i}]`;
      if (item !== null && typeof item === 'object' && !isEmpty(item) && !Array.isArray(item)) {
        members(item, depth + 1, below, '- ');
      } else {
        const { text, kind } = item !== null && typeof item === 'object' ? { text: Array.isArray(item) && item.length ? JSON.stringify(item) : Array.isArray(item) ? '[]' : '{}', kind: 'n' } : scalar(item);
        lines.push({ depth: depth + 1, dash: '- ', key: '', text, kind, path: below });
      }
    });
  };
  if (value !== null && typeof value === 'object') members(value, 0, '', '');
  return lines;
}

// One line as text. A dash stands two columns to the left of the members that follow it.
export function lineText({ depth, dash, key, text }) {
  const indent = '  '.repeat(dash ? Math.max(depth - 1, 0) : depth);
  return indent + dash + (key ? key + ':' + (text ? ' ' + text : '') : text);
}

export const yamlText = (value) => yamlLines(value).map(lineText);
