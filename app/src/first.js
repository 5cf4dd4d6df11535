// The page's first script, inline in the document after the application. It formats instants and numbers in
// the visitor's way: at first for the digits that the server rendered, which it keeps ticking, then for the
// wasm, which calls it for every format. Nothing in it throws.
(() => {
  const root = document.getElementById('app');
  const said = document.currentScript?.dataset ?? {};
  const language = document.documentElement.lang || 'en';
  const attempt = (act, otherwise) => {
    try {
      return act();
    } catch {
      return otherwise;
    }
  };

  // The visitor's choices. If the browser stores nothing, they last as long as the page.
  const chosenHere = {};
  // Another server under this origin has its own.
  const prefix = (said.base ? said.base + ' ' : '') + 'belfry-';
  const get = (name) => attempt(() => localStorage.getItem(prefix + name)) ?? chosenHere[name];
  const set = (name, value) => {
    chosenHere[name] = value;
    attempt(() => localStorage.setItem(prefix + name, value));
  };

  // Some systems call their locale `en-US@posix`, and Intl throws at that.
  const wellFormed = (tag) =>
    attempt(() => Intl.getCanonicalLocales(tag.replace(/[@.].*/, '').replace(/_/g, '-'))[0]);
  const visitors = (navigator.languages ?? []).map(wellFormed).filter(Boolean);
  const isOf = (tag) => tag.split('-')[0] === language.split('-')[0];

  // The language is the page's, but the hour cycle and the order of day and month are those of the visitor's
  // region, whatever language they speak.
  const region = visitors[0] ?? language;
  const cycle = attempt(() => new Intl.DateTimeFormat(region, { hour: 'numeric' }).resolvedOptions().hourCycle);
  const monthFirst = attempt(() => /^\D*0?1\D/.test(new Intl.DateTimeFormat(region, { timeZone: 'UTC' }).format(9e8)));
  const locale = isOf(region) ? region : language === 'en' ? (monthFirst ? 'en-US' : 'en-GB') : language;

  const is24 = (hours) => /h2/.test(hours);
  const hours = () => (/^h(12|23)$/.test(get('hours')) ? get('hours') : cycle);
  const zone = () => (get('zone') === 'UTC' ? 'UTC' : undefined);

  // The formats. They are made again when the time zone, its offset or a choice changes.
  let formats, made, last;
  const refresh = () =>
    attempt(() => {
      const [hourCycle, timeZone] = [hours(), zone()];
      const { timeZone: here } = new Intl.DateTimeFormat('en').resolvedOptions();
      const now = [here, new Date().getTimezoneOffset(), hourCycle, timeZone].join();
      if (now === made) return false;
      const format = (options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
      formats = {
        face: format({ timeStyle: 'medium', hourCycle }),
        date: format({ dateStyle: 'full' }),
        minute: format({ timeStyle: 'short', hourCycle }),
        zone: format({ timeZoneName: 'long' }),
      };
      [made, last] = [now, {}];
      return true;
    }, false);
  refresh();

  const joined = (parts) => parts.map(({ value }) => value).join('').trim();
  const writers = {
    // What comes before the digits, the digits, and what comes after them, such as PM.
    face(millis) {
      const parts = formats.face.formatToParts(millis);
      const digits = parts.map(({ type }) => /hour|minute|second/.test(type));
      const [from, to] = [digits.indexOf(true), digits.lastIndexOf(true) + 1];
      return [parts.slice(0, from), parts.slice(from, to), parts.slice(to)].map(joined).join('\n');
    },
    zone: (millis) => zone() ?? joined(formats.zone.formatToParts(millis).filter(({ type }) => type === 'timeZoneName')),
    date: (millis) => formats.date.format(millis),
    minute: (millis) => formats.minute.format(millis),
  };

  // Formats an instant in whole seconds. It is called ten times a second, so the last result is kept.
  const write = (what, millis) =>
    attempt(() => {
      if (last[what]?.[0] !== millis) last[what] = [millis, writers[what](millis)];
      return last[what][1];
    }, '');

  const numbers = [];
  const number = (value, decimals) =>
    attempt(() => {
      const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
      numbers[decimals] ??= new Intl.NumberFormat(locale, options);
      return numbers[decimals].format(value);
    }, value.toFixed(decimals));

  // Whether everything must be formatted again. Checked once a second, though it is called ten times.
  let due = 0;
  const changed = () => {
    if (performance.now() < due) return false;
    due = performance.now() + 1000;
    return refresh();
  };

  // Which choices are on: 24-hour (1), UTC (2).
  const chosen = () => (is24(hours()) ? 1 : 0) + (zone() ? 2 : 0);
  const turn = (what) => {
    const wanted = is24(hours()) ? 'h12' : 'h23';
    if (what === 2) set('zone', zone() ? '' : 'UTC');
    // The convention of the visitor's region is not stored as a choice.
    else set('hours', is24(wanted) === is24(cycle) ? '' : wanted);
    refresh();
  };

  // Over plain http there is no clipboard API, but most browsers still support the old command.
  const copyAsOfOld = (text) => {
    const [focused, area] = [document.activeElement, document.createElement('textarea')];
    Object.assign(area, { value: text, readOnly: true });
    Object.assign(area.style, { position: 'fixed', opacity: 0 });
    document.body.append(area);
    area.select();
    const copied = attempt(() => document.execCommand('copy'), false);
    area.remove();
    focused?.focus({ preventScroll: true });
    return copied;
  };
  const copy = (text) => {
    if (!navigator.clipboard) return copyAsOfOld(text);
    navigator.clipboard.writeText(text).catch(() => copyAsOfOld(text));
    return true;
  };

  // Extensions and translators insert nodes of their own, which would break hydration. So the server's HTML
  // is restored first, with whatever the visitor has typed.
  const html = root?.innerHTML;
  let touched = false;
  let ticking;
  const watcher = new MutationObserver(() => (touched = true));
  if (root) watcher.observe(root, { childList: true, subtree: true });
  const take = () => {
    clearTimeout(ticking);
    touched ||= watcher.takeRecords().length > 0;
    watcher.disconnect();
    if (!touched) return;
    const typed = [...root.querySelectorAll('input[id], textarea[id]')].map(({ id, value }) => [id, value]);
    const focused = document.activeElement?.id;
    root.innerHTML = html;
    for (const [id, value] of typed) {
      const field = document.getElementById(id);
      if (field) field.value = value;
    }
    if (focused) document.getElementById(focused)?.focus();
  };

  // The time in the document ticks on from the instant at which it was rendered. The transfer is not
  // counted, so the time is never shown ahead. A cached page says nothing about the present, so its time does
  // not tick; and after a minute without confirmation, the time as of page load is shown again.
  const FOR_MS = 60_000;
  const time = root?.querySelector('.clock time');
  const rendered = Date.parse(time?.dateTime);
  const [way] = performance.getEntriesByType('navigation');
  const fresh = way && way.type !== 'back_forward' && way.deliveryType !== 'cache';
  const carried = () => {
    const since = performance.now() - way?.responseStart;
    return fresh && since > 0 && since < FOR_MS ? since : 0;
  };
  const places = ['.period', '.digits', '.period:last-child', '.date', '.zone', '.truth'];
  const nodes = time ? places.map((place) => root.querySelector(place)?.firstChild) : [];
  const written = nodes.map((node) => node?.data);
  const tick = () => {
    const millis = rendered + carried();
    const second = Math.floor(millis / 1000) * 1000;
    const now = [...write('face', second).split('\n'), write('date', second), write('zone', second), said.unchecked];
    const shown = carried() ? now : written;
    nodes.forEach((node, index) => {
      if (node) node.data = shown[index];
    });
    time.dateTime = new Date(millis).toISOString();
    if (carried()) ticking = setTimeout(tick, second + 1001 - millis);
  };
  if (nodes[1] && formats && carried()) tick();

  globalThis.belfry = { write, number, changed, chosen, turn, copy, carried, take };
})();
