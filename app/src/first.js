// The page's first script. It stands in the document behind the application, and ticks the digits that the
// server has written until the wasm takes over, which writes instants and numbers by the same functions.
(() => {
const root = document.getElementById('app');
const said = document.currentScript?.dataset ?? {};
const language = document.documentElement.lang || 'en';

// Where a browser keeps nothing for a page, a choice holds as long as the page.
const kept = {};
const get = (name) => {
  try {
    return localStorage.getItem('belfry-' + name);
  } catch {
    return kept[name];
  }
};
const set = (name, value) => {
  kept[name] = value;
  try {
    localStorage.setItem('belfry-' + name, value);
  } catch {}
};

// Some systems name their locale as `en-US@posix`, which Intl throws at.
const valid = (tag) => {
  try {
    return Intl.getCanonicalLocales(tag.replace(/[@.].*/, '').replace(/_/g, '-'))[0];
  } catch {}
};
const visitors = (navigator.languages ?? []).map(valid).find(Boolean) ?? language;
const primary = (tag) => tag.split('-')[0];

// The language is the page's, but a visitor of another keeps the hour cycle and the order of day and month.
let cycle;
let locale = visitors;
try {
  cycle = new Intl.DateTimeFormat(visitors, { hour: 'numeric' }).resolvedOptions().hourCycle;
  if (primary(visitors) !== primary(language)) {
    const parts = new Intl.DateTimeFormat(visitors, { dateStyle: 'short' }).formatToParts(0);
    const first = parts.find(({ type }) => /day|month|year/.test(type)).type;
    locale = language === 'en' ? (first === 'month' ? 'en-US' : 'en-GB') : language;
  }
} catch {
  locale = language;
}

const is24 = (hours) => /h2/.test(hours);
let made, formats, last;

// Makes the formats, where the time zone, its offset or a choice is another than before.
const refresh = () => {
  try {
    const [hourCycle, timeZone] = [get('hours') || cycle, get('zone') || undefined];
    const { timeZone: here } = new Intl.DateTimeFormat().resolvedOptions();
    const now = [here, new Date().getTimezoneOffset(), hourCycle, timeZone].join();
    if (now === made) return false;
    made = now;
    const format = (options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
    formats = {
      face: format({ timeStyle: 'medium', hourCycle }),
      date: format({ dateStyle: 'full' }),
      minute: format({ timeStyle: 'short', hourCycle }),
      zone: format({ timeZoneName: 'long' }),
    };
    last = {};
    return true;
  } catch {
    return false;
  }
};
refresh();

const part = (parts, from, to) => parts.slice(from, to).map(({ value }) => value).join('').trim();
const writers = {
  // What stands before the digits, they, and what stands behind them, as PM.
  face: (millis) => {
    const parts = formats.face.formatToParts(millis);
    const digits = parts.map(({ type }) => /hour|minute|second/.test(type));
    const [from, to] = [digits.indexOf(true), digits.lastIndexOf(true) + 1];
    return [part(parts, 0, from), part(parts, from, to), part(parts, to)].join('\n');
  },
  zone: (millis) =>
    get('zone') || formats.zone.formatToParts(millis).find(({ type }) => type === 'timeZoneName').value,
};

// Asked for at each tenth of a second, it changes with the second at most.
const write = (what, millis) => {
  if (last?.[what]?.[0] !== millis) {
    try {
      last[what] = [millis, writers[what]?.(millis) ?? formats[what].format(millis)];
    } catch {
      return '';
    }
  }
  return last[what][1];
};

const numbers = [];
const number = (value, decimals) => {
  try {
    numbers[decimals] ??= new Intl.NumberFormat(locale, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    return numbers[decimals].format(value);
  } catch {
    return value.toFixed(decimals);
  }
};

let due = 0;
const changed = () => {
  if (performance.now() < due) return false;
  due = performance.now() + 1000;
  return refresh();
};

// Which of 24 hours (1) and UTC (2) is on.
const chosen = () => (is24(get('hours') || cycle) ? 1 : 0) + (get('zone') ? 2 : 0);
const choose = (what) => {
  const to = { hours: is24(get('hours') || cycle) ? 'h12' : 'h23', zone: get('zone') ? '' : 'UTC' }[what];
  // What is usual in the visitor's region is no choice.
  set(what, what === 'hours' && is24(to) === is24(cycle) ? '' : to);
  refresh();
};

// On plain http browsers give a page no clipboard, but most still obey the old command.
const copyTheOldWay = (text) => {
  let copied = false;
  const put = (event) => {
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
    copied = true;
  };
  try {
    document.addEventListener('copy', put, true);
    document.execCommand('copy');
  } catch {}
  document.removeEventListener('copy', put, true);
  return copied;
};
const copy = (text) => {
  if (!navigator.clipboard) return copyTheOldWay(text);
  navigator.clipboard.writeText(text).catch(() => copyTheOldWay(text));
  return true;
};

// What stands in the document is carried on from the instant when it was written. Its way here took no
// less than nothing, so the shown time is never ahead. What comes out of a cache says nothing of now.
const FOR_MS = 60000;
const time = root?.querySelector('.clock time');
const born = Date.parse(time?.dateTime);
const [way] = performance.getEntriesByType('navigation');
const fresh = way && way.type !== 'back_forward' && way.deliveryType !== 'cache';
const carried = () => {
  const since = performance.now() - way?.responseStart;
  return fresh && since > 0 && since < FOR_MS ? since : 0;
};

let ticking;
const text = (selector) => root.querySelector(selector)?.firstChild;
const tick = () => {
  const millis = born + carried();
  const second = Math.floor(millis / 1000) * 1000;
  const [before, digits, after] = write('face', second).split('\n');
  const shown = [before, digits, after, write('date', second), write('zone', second), said.unchecked];
  nodes.forEach((node, index) => {
    // Nobody has confirmed it for a minute: it is again the time of loading, and says so.
    if (node) node.data = carried() ? shown[index] : node.born;
  });
  time.dateTime = new Date(carried() ? millis : born).toISOString();
  if (carried()) ticking = setTimeout(tick, 1000 - (millis - second) + 1);
};
const nodes = time
  ? ['.period', '.digits', '.period:last-child', '.date', '.zone', '.truth'].map((selector) => {
      const node = text(selector);
      if (node) node.born = node.data;
      return node;
    })
  : [];

// Extensions and translators put nodes of theirs among ours, which hydration would stumble over: then it
// gets what the server has written.
const html = root?.innerHTML;
let touched = false;
const watcher = new MutationObserver(() => (touched = true));
if (root) watcher.observe(root, { childList: true, subtree: true });
const take = () => {
  clearTimeout(ticking);
  touched ||= watcher.takeRecords().length > 0;
  watcher.disconnect();
  if (!touched || !root) return;
  const typed = [...root.querySelectorAll('input[id], textarea[id]')].map(({ id, value }) => [id, value]);
  const focused = document.activeElement?.id;
  root.innerHTML = html;
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  if (focused) document.getElementById(focused)?.focus();
};

if (nodes[1] && carried()) tick();
globalThis.belfry = { write, number, changed, chosen, choose, copy, carried, take };
})();
