//! Strings that people type to make a page do something, and what happens to each.

/** Markup that would run, load, cover or end something. All of it can be seen, so all of it is said as typed. */
const MARKUP = [
  // Elements and event attributes.
  '<script>alert(1)</script>',
  '<SCRIPT SRC=//evil.example/x.js></SCRIPT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<script/x>alert(1)</script/x>',
  '<script\t>alert(1)</script\n>',
  '<script type="module">import "/sse"</script>',
  '<img src=x onerror=alert(1)>',
  '<img src="x" onerror="alert(1)" />',
  '<img/src/onerror=alert(1)>',
  '<img src=`x`onerror=alert(1)>',
  '"><img src=x onerror=alert(1)>',
  '<body onload=alert(1)>',
  '<input autofocus onfocus=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<video><source onerror=alert(1)>',
  '<audio src=x onerror=alert(1)>',
  '<select autofocus onfocus=alert(1)>',
  '<marquee onstart=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="&#106;avascript:alert(1)">x</a>',
  '<iframe src="javascript:alert(1)">',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<object data="data:text/html,<script>alert(1)</script>">',
  '<embed src="javascript:alert(1)">',
  '<form action="javascript:alert(1)"><button>x',
  '<button formaction=javascript:alert(1)>x',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=//evil.example">',
  '<link rel=stylesheet href=//evil.example/x.css>',
  '<style>*{display:none}</style>',
  '<p style="position:fixed;inset:0">x</p>',
  '<p style="background:url(javascript:alert(1))">',
  '<plaintext>',
  '<xmp><script>alert(1)</script>',
  '<dialog open>x</dialog>',
  '<template><img src=x onerror=alert(1)></template>',
  '<isindex type=image src=1 onerror=alert(1)>',
  '<a id=getElementById name=cookie>x</a>',
  // SVG and MathML, whose content is parsed by other rules.
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><script href=data:,alert(1) />',
  '<svg><animate onbegin=alert(1) attributeName=x>',
  '<svg><foreignObject><iframe onload=alert(1)>',
  '<svg><a xlink:href="javascript:alert(1)"><text>x',
  '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<math href="javascript:alert(1)">x</math>',
  // The end of where a text may stand: elements, attributes, comments, scripts.
  '</script><script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '</li></ol></main><h1>forged</h1>',
  '</noscript><img src=x onerror=alert(1)>',
  '</style><script>alert(1)</script>',
  '"',
  '\'',
  '" onmouseover="alert(1)',
  '\' onmouseover=\'alert(1)',
  '" autofocus onfocus=alert(1) x="',
  '`onmouseover=alert(1)',
  '<!--',
  '-->',
  '--!><script>alert(1)</script>',
  '<!--><script>alert(1)</script>-->',
  '<![CDATA[<script>alert(1)</script>]]>',
  ']]>',
  '<?xml version="1.0"?>',
  '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>&x;',
  '<',
  '>',
  '</',
  '<a',
  '<b/',
  // What a script, a template or a format would read as its own.
  '\\"};alert(1);//',
  '\';alert(1);//',
  '${alert(1)}',
  '`${alert(1)}`',
  '{{constructor.constructor("alert(1)")()}}',
  '{{7*7}}',
  '<%= 7*7 %>',
  '#{7*7}',
  '{%raw%}',
  '\\u003cscript\\u003ealert(1)\\u003c/script\\u003e',
  '\\x3cscript\\x3e',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '{"name":"Admin","text":"forged"}',
  '["Admin","forged"]',
  '{"__proto__":{"x":1}}',
  'data: forged\nid: 1-1\n\nevent: purged',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  '%s%n%x',
  '../../etc/passwd',
  '?before=1&name=x#y',
  '*',
  '..',
  'a  b',
  // Entities: shown as they were typed, not as what they stand for.
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;script&#62;alert(1)&#60;/script&#62;',
  '&#x3c;img src=x onerror=alert(1)&#x3e;',
  '&amp;lt;b&amp;gt;',
  '&nbsp;&shy;&zwj;&#0;&rlm;',
  '&colon;&Tab;&NewLine;',
  // Addresses: some are links, and none is a script.
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'javascript://example.com/%0aalert(1)',
  'javascript:/*https://example.com/*/alert(1)',
  'vbscript:msgbox(1)',
  'data:text/html,<script>alert(1)</script>',
  'data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==',
  'view-source:https://example.com',
  'https://example.com/"onmouseover="alert(1)',
  'https://example.com/\'onmouseover=\'alert(1)',
  'https://example.com/<script>alert(1)</script>',
  'https://example.com/javascript:alert(1)',
  'http://user:pass@example.com:80/?q=<b>&amp;x',
  'https://https://javascript:alert(1)',
  'https://[::1',
  'https://exa%6Dple.com/%zz',
  '[x](javascript:alert(1))',
  // Letters that look like others, or that some programs turn into markup.
  '＜script＞alert(1)＜/script＞',
  '‹script›alert(1)‹/script›',
  '\u02bcalert(1)\u02bc',
  'Аdmin', // The first letter is Cyrillic.
  '𝓐𝓭𝓶𝓲𝓷',
  'ﬁle:ⅣⅤ',
  'İıſK',
  '🏴 👩 ❤\ufe0f 🦀',
  'ﷺ',
  'a\u0300\u0301',
];

/** Characters that are not seen, or that turn others around. */
const DISGUISES = {
  /** A message may not have them either: a reader in a terminal would be misled. */
  misleading: [
    'a\0b',
    'a\u0007b',
    'a\bb',
    'a\u001b[2Jb',
    'a\u007fb',
    'a\u0085b',
    'a\u009b31mb',
    'a\u2028b',
    'a\u2029b',
    'nimdA\u202e',
    '\u202dAda\u202c',
    '\u2066Ada\u2069',
    '\u2067Ada',
    '\u2068Ada\u2069',
    'java\0script:alert(1)',
    '<scr\0ipt>alert(1)</scr\0ipt>',
    '<img src=x\u000conerror=alert(1)>',
  ],
  /** In a text they have their use, as in a joined emoji; in a name they would hide. */
  unseen: [
    'Ad\u200ba',
    'Ada\u200d',
    'Ada\u200c',
    'Ada\u200e',
    '\u200fAda',
    'A\u061cda',
    'Ada\u2060',
    'A\ufeffda',
    'A\u00adda',
    'A\u034fda',
    'A\u180eda',
    '\u3164',
    '\u2800',
    'Ada\u115f',
    '\uffa0',
    'Ada\u{e0041}\u{e007f}',
    '\uf8ff',
    '\u{f0000}',
    'java\u200bscript:alert(1)',
    'https://example.com/\u200b',
  ],
  /** More marks than a letter has. */
  piled: ['Z\u0300\u0301\u0302\u0303\u0304\u0305', '\u0301Ada'],
};

const JOINED = '👩\u200d🚀';

/** What nobody sees in a name. */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Co}\u2028\u2029\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\u{e0000}-\u{e0fff}]/gu;

/** One of the strings, and whether it may stand as a text and as a name, were it short enough. */
export type Injection = { typed: string; asText: boolean; asName: boolean };

const all = (typed: string[], asText: boolean, asName: boolean): Injection[] =>
  typed.map((typed) => ({ typed, asText, asName }));

/** All of them. */
export const INJECTIONS: Injection[] = [
  ...all(MARKUP, true, true),
  // These three part words, which a name does as well.
  ...all(DISGUISES.misleading, false, false).map((one) =>
    /^a[\u0085\u2028\u2029]b$/.test(one.typed) || /\u000c/.test(one.typed) ? { ...one, asName: true } : one,
  ),
  // A text of which nothing is seen is not one.
  ...all(DISGUISES.unseen, true, false).map((one) =>
    /^[\u2800\u3164\uffa0\uf8ff\u{f0000}]$/u.test(one.typed) ? { ...one, asText: false } : one,
  ),
  ...all(DISGUISES.piled, true, false),
  // Joined, it is seen as one.
  ...all([JOINED], true, true),
  { typed: '<b>'.repeat(1_365), asText: true, asName: false },
  { typed: '<script>'.repeat(513), asText: false, asName: false },
];

/** Names that would look like others, or like none. */
export const DISGUISED_NAMES = [...DISGUISES.misleading, ...DISGUISES.unseen];

/** Bytes that are no UTF-8, as a form that was not made by a browser may carry, and what is shown for them. */
export const BROKEN: [encoded: string, shown: string][] = [
  ['%FF', '\ufffd'],
  ['%C0%BCscript%C0%BE', '\ufffd\ufffdscript\ufffd\ufffd'],
  ['%E2%80', '\ufffd'],
  ['%ED%A0%80', '\ufffd\ufffd\ufffd'],
  ['%F0%9F%A6<b>', '\ufffd<b>'],
  ['%zz%<script>', '%zz%<script>'],
];

/** What becomes of a name. */
export function asName({ typed, asName }: Injection): string | undefined {
  const name = oneForm(typed);
  return asName && [...name].length <= 40 ? name : undefined;
}

/** What becomes of a text: the ends of its lines are LF, its beginning has no empty line, its end no blank. */
export function asText({ typed, asText }: Injection): string | undefined {
  const text = typed.replace(/\r\n?/g, '\n').replace(/^\s*\n/, '').replace(/\p{White_Space}+$/u, '');
  return asText ? text : undefined;
}

/** What becomes of a name that is written in a page, which leaves out what nobody sees. */
export function asNameInPage({ typed }: Injection): string | undefined {
  const name = typed === JOINED ? typed : oneForm(oneForm(typed).replace(UNSEEN, ''));
  const fits = name !== '' && [...name].length <= 40;
  return fits && !DISGUISES.piled.includes(typed) ? name : undefined;
}

/** The same of a text: what would mislead is left out, and what parts lines parts them. */
export function asTextInPage({ typed, asText: taken }: Injection): string | undefined {
  const lines = typed.replace(/\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g, '\n');
  const text = lines.replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '');
  return asText({ typed: text, asText: taken || text !== typed, asName: false });
}

/** What becomes of a room's name: it is a name, and one segment of a path. */
export function asRoom({ typed, asName }: Injection): string | undefined {
  const room = oneForm(typed);
  const plain = room !== '' && !/[/*]/.test(room) && !/^\.{1,2}$/.test(room);
  return asName && plain && typed !== JOINED && new TextEncoder().encode(room).length <= 64 ? room : undefined;
}

/** The one form of a name: compatibility characters are what they stand for, and blanks are one space. */
function oneForm(typed: string): string {
  return words(typed.replace(/[\ufe00-\ufe0f]/g, '').normalize('NFKC')).join(' ');
}

function words(text: string): string[] {
  return text.split(/\p{White_Space}+/u).filter((word) => word !== '');
}
