// Filters and draws the findings of the JSON block. Texts are only ever set as text. The state is
// the fragment of the address, so that a view can be passed on; without this script the page
// shows the worst findings as a table.
(() => {
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const {rows, texts, controls, severities, folders} = data;
const total = rows.severity.length;
const root = document.documentElement;
const ROWS = 50;        // findings drawn at once in a group
const OPEN = 60;        // so many matches are shown opened
const NO_NAMESPACE = '(none)';

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
// A text with code in backticks, unless there is an odd one.
const prose = (text) => {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return [text];
  return parts.map((part, at) => at % 2 ? element('code', {textContent: part}) : part);
};
const text = (number) => number < 0 ? '' : texts[number];
const count = (number) => number.toLocaleString('en');

// What a finding has in each dimension that can be chosen.
const dimensions = {
  severity: (row) => severities[rows.severity[row]],
  control: (row) => controls[rows.control[row]].name,
  family: (row) => controls[rows.control[row]].family,
  namespace: (row) => rows.kind[row] < 0 ? '' : text(rows.namespace[row]) || NO_NAMESPACE,
  kind: (row) => text(rows.kind[row]) || 'file',
  folder: (row) => rows.file[row] < 0 ? '' : folders[data.folder[rows.file[row]]],
  file: (row) => text(rows.file[row]),
};
const object = (row) => {
  const namespace = text(rows.namespace[row]);
  return `${text(rows.kind[row])} ${namespace && namespace + '/'}${text(rows.name[row])}`.trim();
};
const place = (row) => rows.file[row] < 0 ? text(rows.path[row]) : `${text(rows.file[row])}:${rows.line[row]}`;

let haystacks;
const haystack = (row) => {
  haystacks ??= new Array(total);
  return haystacks[row] ??= [
    dimensions.control(row), controls[rows.control[row]].title, object(row), place(row),
    text(rows.path[row]), text(rows.message[row]), text(rows.owner[row]), 'f1:' + rows.fingerprint[row],
  ].join('\n').toLowerCase();
};

// --- The state, and what it lets through.

let state = new URLSearchParams();
const opened = new Set();

const matches = () => {
  const wanted = Object.keys(dimensions)
    .filter((key) => state.get(key))
    .map((key) => [dimensions[key], new Set(key === 'severity' ? state.get(key).split(',') : [state.get(key)])]);
  const words = (state.get('q') || '').toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  for (let row = 0; row < total; row += 1) {
    if (!wanted.every(([of, values]) => values.has(of(row)))) continue;
    if (words.length && !words.every((word) => haystack(row).includes(word))) continue;
    found.push(row);
  }
  return found;
};

const change = (key, value) => {
  if (value) state.set(key, value); else state.delete(key);
  history.replaceState(null, '', '#' + state);
  draw();
};

// --- The bar.

const bar = document.getElementById('filter');
const search = element('input', {type: 'search', placeholder: 'Search   /'});
search.setAttribute('aria-label', 'Search in all texts');
search.setAttribute('aria-keyshortcuts', '/');
const output = element('output', {id: 'count'});
output.setAttribute('aria-live', 'polite');
const clear = element('button', {type: 'button', textContent: 'Clear', hidden: true});
const pills = new Map();
const selects = new Map();

const tally = (of) => {
  const counts = new Map();
  for (let row = 0; row < total; row += 1) {
    const value = of(row);
    if (value) counts.set(value, (counts.get(value) || 0) + 1);
  }
  return counts;
};

const build = () => {
  const first = element('div', {className: 'line'});
  const counts = tally(dimensions.severity);
  for (const name of severities.filter((name) => counts.has(name))) {
    const box = element('input', {type: 'checkbox', value: name});
    box.addEventListener('change', () => change('severity',
      [...pills.values()].filter((pill) => pill.checked).map((pill) => pill.value).join(',')));
    pills.set(name, box);
    first.append(element('label', {className: `pill ${name}`}, box, `${name} ${count(counts.get(name))}`));
  }
  first.append(clear, output);
  const second = element('div', {className: 'line'}, search);
  for (const key of ['control', 'family', 'namespace', 'kind', 'folder', 'file']) {
    const values = [...tally(dimensions[key])].sort(([a], [b]) => a < b ? -1 : 1);
    if (values.length < 2) continue;
    const select = element('select', {}, element('option', {value: '', textContent: key[0].toUpperCase() + key.slice(1)}));
    select.setAttribute('aria-label', key);
    // A thousand files are listed when somebody asks for them.
    const fill = () => {
      if (select.length > 1) return;
      select.append(...values.map(([value, number]) => element('option', {value, textContent: `${value} (${count(number)})`})));
    };
    select.addEventListener('focus', fill);
    select.addEventListener('pointerdown', fill);
    select.addEventListener('change', () => change(key, select.value));
    selects.set(key, {select, fill});
    second.append(select);
  }
  search.addEventListener('input', () => change('q', search.value.trim()));
  clear.addEventListener('click', () => { state = new URLSearchParams(); change('q', ''); search.focus(); });
  bar.append(second, first);
  bar.hidden = false;
};

const mirror = () => {
  const chosen = new Set((state.get('severity') || '').split(','));
  for (const [name, pill] of pills) pill.checked = chosen.has(name);
  for (const [key, {select, fill}] of selects) {
    const value = state.get(key) || '';
    if (value) fill();
    select.value = value;
    select.classList.toggle('set', value !== '');
  }
  if (document.activeElement !== search) search.value = state.get('q') || '';
  clear.hidden = [...state].length === 0;
};

// --- The findings.

const groups = document.getElementById('groups');

const frame = ([number, start, end, source]) => {
  const lines = source.split('\n');
  const width = String(number + lines.length - 1).length;
  const pre = element('pre', {tabIndex: 0});
  lines.forEach((line, at) => {
    pre.append(element('span', {className: 'number', textContent: `${String(number + at).padStart(width)}  `}));
    if (at < lines.length - 1) { pre.append(line + '\n'); return; }
    const characters = [...line];
    const part = (from, to) => characters.slice(from, to).join('');
    pre.append(part(0, start), element('mark', {textContent: part(start, Math.max(end, start + 1))}), part(Math.max(end, start + 1)));
  });
  return pre;
};

const detail = (row) => {
  const list = element('dl');
  const control = controls[rows.control[row]];
  const page = element('a', {href: `#page-${control.name}`, textContent: control.title});
  const items = [
    ['Fix', prose(text(rows.fix[row]))],
    ['Field', [element('code', {textContent: text(rows.path[row])})]],
    ['Owner', [text(rows.owner[row])]],
    ['Control', [page, ` ${control.id}`]],
    ['Fingerprint', [element('code', {textContent: 'f1:' + rows.fingerprint[row]})]],
  ];
  for (const [name, content] of items) {
    if (content[0] === '') continue;
    list.append(element('dt', {textContent: name}), element('dd', {}, ...content));
  }
  const lines = data.frames[row];
  return element('div', {className: 'detail'}, ...(lines ? [frame(lines)] : []), list);
};

const toggle = (button, open) => button.setAttribute('aria-expanded', open);
const isOpen = (button) => button.getAttribute('aria-expanded') === 'true';

const rowItem = (row, severity) => {
  const own = dimensions.severity(row);
  const head = element('button', {type: 'button', className: 'row-head'},
    element('span', {className: 'clamp'}, ...prose(text(rows.message[row]))),
    element('bdi', {className: 'object clamp', textContent: object(row)}),
    element('span', {className: 'place clamp'},
      own === severity ? '' : element('span', {className: own, textContent: own + ' '}),
      element('bdi', {textContent: place(row)})));
  toggle(head, false);
  const item = element('li', {className: 'row'}, head);
  head.addEventListener('click', () => {
    const open = !isOpen(head);
    toggle(head, open);
    if (open) item.append(detail(row)); else item.lastChild.remove();
  });
  return item;
};

const fill = (list, found, from, severity) => {
  list.append(...found.slice(from, from + ROWS).map((row) => rowItem(row, severity)));
  const left = found.length - from - ROWS;
  if (left <= 0) return;
  const more = element('button', {type: 'button', className: 'more',
    textContent: `Show ${count(Math.min(left, ROWS))} more of ${count(left)}`});
  const item = element('li', {}, more);
  more.addEventListener('click', () => {
    item.remove();
    const before = list.children.length;
    fill(list, found, from + ROWS, severity);
    list.children[before]?.firstChild.focus();
  });
  list.append(item);
};

const group = (number, found, isShort) => {
  const control = controls[number];
  const severity = severities[Math.min(...found.map((row) => rows.severity[row]))];
  const head = element('button', {type: 'button', className: 'group-head'},
    element('span', {className: `severity ${severity}`, textContent: severity}),
    element('span', {}, element('span', {className: 'title'}, ...prose(control.title)), ' ',
      element('code', {textContent: control.name})),
    element('span', {className: 'count', textContent: count(found.length)}));
  const section = element('section', {className: 'group'}, element('h3', {}, head));
  const show = () => {
    const about = element('p', {className: 'about'}, element('a', {href: `#page-${control.name}`,
      textContent: 'Why it matters and when it is legitimate'}));
    const list = element('ul');
    fill(list, found, 0, severity);
    section.append(about, list);
    toggle(head, true);
  };
  head.addEventListener('click', () => {
    if (isOpen(head)) {
      opened.delete(control.name);
      while (section.children.length > 1) section.lastChild.remove();
      toggle(head, false);
    } else {
      opened.add(control.name);
      show();
    }
  });
  toggle(head, false);
  if (isShort || opened.has(control.name)) show();
  return section;
};

const draw = () => {
  const found = matches();
  const byControl = new Map();
  for (const row of found) {
    const number = rows.control[row];
    if (!byControl.has(number)) byControl.set(number, []);
    byControl.get(number).push(row);
  }
  // Controls are numbered the worst first.
  const order = [...byControl.keys()].sort((a, b) => a - b);
  const isShort = found.length <= OPEN;
  groups.replaceChildren(...order.map((number) => group(number, byControl.get(number), isShort)));
  if (!found.length) groups.append(element('p', {className: 'dim', textContent: total ? 'No finding matches.' : 'None.'}));
  output.textContent = found.length === total ? `${count(total)} findings` : `${count(found.length)} of ${count(total)} findings`;
  root.dataset.shown = found.length;
  mirror();
};

// --- The address and the keyboard.

const follow = (isFirst) => {
  const fragment = location.hash.slice(1);
  const target = fragment && !fragment.includes('=') && document.getElementById(fragment);
  if (target) {
    if (target.tagName === 'DETAILS') target.open = true;
    target.scrollIntoView();
    if (!isFirst) return;
  }
  state = new URLSearchParams(target ? '' : fragment);
  draw();
  if (!isFirst && !target) document.getElementById('findings').scrollIntoView();
};

const move = (step) => {
  const stops = [...groups.querySelectorAll('button')];
  const at = stops.indexOf(document.activeElement);
  const next = stops[at < 0 ? (step > 0 ? 0 : stops.length - 1) : at + step];
  if (next) { next.focus(); next.scrollIntoView({block: 'nearest'}); }
};

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  const inList = groups.contains(event.target);
  if (event.key === 'Escape' && event.target === search) { search.blur(); return; }
  if (event.key === 'ArrowDown' && event.target === search) { move(1); event.preventDefault(); return; }
  if (isTyping) return;
  if (event.key === '/') search.focus();
  else if (event.key === 'j' || event.key === 'ArrowDown' && inList) move(1);
  else if (event.key === 'k' || event.key === 'ArrowUp' && inList) move(-1);
  else return;
  event.preventDefault();
});

build();
document.getElementById('static').remove();
groups.hidden = false;
addEventListener('hashchange', () => follow(false));
follow(true);
root.dataset.ready = Math.round(performance.now());
})();
