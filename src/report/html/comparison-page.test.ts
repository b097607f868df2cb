import { expect, test } from 'vitest';
import type { FileDifference, ImageComparison } from '../../build/index.ts';
import { sha256 } from '../../core/index.ts';
import { comparisonPage } from './comparison-page.ts';
import { locksPage } from './lock-page.ts';

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'&\u202E\u0000';

const layer = (name: string, bytes: number, step = name) => ({ diffId: sha256(name), bytes, step });
const image = (name: string, ...stack: ReturnType<typeof layer>[]) => ({
  manifest: sha256(`${name} manifest`),
  config: sha256(`${name} config`),
  layers: stack.length,
  bytes: stack.reduce((sum, { bytes }) => sum + bytes, 0),
  stack,
});

const file = (path: string, more: Partial<FileDifference> = {}): FileDifference => ({
  layer: 1,
  gone: false,
  path,
  kind: 'content',
  cause: 'unknown',
  step: hostile,
  ...more,
});

const images = [
  image('a', layer('base', 3_000_000), layer('a', 200, hostile)),
  image('b', layer('base', 3_000_000), layer('b', 300, hostile), layer('more', 5)),
] as const;
const pairs = [
  { from: 0, to: 0 },
  { from: 1, to: 1 },
  { from: undefined, to: 2 },
];
const comparison: ImageComparison = {
  images,
  pairs,
  sameContent: false,
  settings: [{ name: `Env ${hostile}`, from: hostile, to: undefined }],
  packages: [{ kind: 'apt', name: hostile, architecture: 'amd64', from: ['1'], to: [hostile] }],
  files: [
    file(`usr/${hostile}/a`, { kind: 'added', to: 5000 }),
    file('usr/lib/b', {
      from: 10,
      to: 4,
      lines: [
        { sign: '-', text: hostile },
        { sign: '+', text: 'new' },
      ],
    }),
    file('usr/lib/b', { kind: 'mode' }),
    file('usr/lib/c', { kind: 'mtime', cause: 'clock' }),
    file('var/log/x', { cause: 'log' }),
  ],
};

/** Reads a page as strictly as XML: every element is closed where it should be, and nothing but these is there. */
function elementsOf(page: string): { name: string; attributes: string }[] {
  const known = new Set(
    'html head meta title style body main header footer p h1 h2 div span b i small code pre svg text tspan g rect table thead tbody tr th td details summary ul li'.split(
      ' ',
    ),
  );
  const [, markup = ''] = /^<!doctype html>\n([^]*)$/.exec(page) ?? [];
  const found: { name: string; attributes: string }[] = [];
  const [open, faults]: [string[], string[]] = [[], []];
  const rest = markup.replaceAll(
    /<(\/?)([a-z0-9]+)((?: [a-z-]+(?:="[^"<>]*")?)*)(\/?)>/gi,
    (_, end: string, name: string, attributes: string, empty: string) => {
      if (!known.has(name)) faults.push(`<${name}>`);
      if (end !== '') {
        if (open.pop() !== name) faults.push(`</${name}>`);
      } else {
        found.push({ name, attributes });
        if (empty === '' && name !== 'meta') open.push(name);
      }
      return '';
    },
  );
  expect([open, faults]).toEqual([[], []]);
  expect(rest.replace(/:root[^]*?@media print[^\n]*\n/, '')).not.toMatch(/[<>]/);
  return found;
}

const textOf = (page: string) => page.replace(/<style>[^]*?<\/style>/, '').replaceAll(/<[^>]*>/g, '');

test('a page that stands by itself, whatever the names in it are', () => {
  const page = comparisonPage(comparison);
  const elements = elementsOf(page);
  for (const { attributes } of elements) expect(attributes).not.toMatch(/ (?:on\w+|src|href|action)=/i);
  expect(page).not.toMatch(/url\(|@import|<script/i);
  expect(page).toContain(
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
  );
  expect(textOf(page)).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(textOf(page)).toContain('⟨202E⟩⟨0000⟩');
  expect(elements.filter(({ name }) => name === 'details').length).toBeGreaterThan(3);
  // Each layer is drawn once for wide windows and once for narrow ones, and one of both is shown.
  const pictures = elements.filter(({ name }) => name === 'svg').map(({ attributes }) => attributes);
  expect(pictures).toEqual([
    expect.stringContaining('class="wide"'),
    expect.stringContaining('class="narrow"'),
  ]);
  expect(page).toMatch(
    /svg\.narrow \{ display: none;[^]*@media \(max-width: 640px\)[^\n]*svg\.wide \{ display: none; \}/,
  );
});

test('says what differs first, and folds what is noise', () => {
  const text = textOf(comparisonPage(comparison));
  expect(text).toContain('1 package, 2 files and 1 setting differ');
  expect(text).toContain('1 of 3layers are shared');
  expect(text).toContain('1 file differs in time alone');
  expect(text).toContain('1 log that says when');
  expect(text).toContain('10 B → 4 B');
  expect(text).toContain('−6 B');
  expect(text.indexOf('Packages')).toBeLessThan(text.indexOf('by the step that wrote them'));
});

test.each([
  [
    'The same image',
    { images: [images[0], images[0]] as const, sameContent: true, files: [], settings: [], packages: [] },
  ],
  ['The same content in another form', { sameContent: true, files: [], settings: [], packages: [] }],
  [
    'Only noise differs',
    {
      settings: [{ name: 'created', from: '1', to: '2' }],
      packages: [],
      files: [file('var/log/x', { cause: 'log' })],
    },
  ],
  ['1 file differs', { settings: [], packages: [], files: [file('x')] }],
])('%s', (title, change) => {
  const page = comparisonPage({ ...comparison, ...change });
  elementsOf(page);
  expect(page).toContain(`<h1>${title}</h1>`);
});

test('however much differs, a page stays one that a browser opens', () => {
  const many = Array.from({ length: 15_000 }, (_, n) =>
    file(`${'d/'.repeat(n % 7)}${n % 300}/${'long'.repeat(300)}${n}`, {
      kind: n % 2 === 0 ? 'content' : 'mtime',
      lines: [{ sign: '+', text: 'x'.repeat(5000) }],
    }),
  );
  const deep = file(`${'e/'.repeat(100_000)}end`);
  const wide = Array.from({ length: 5000 }, (_, n) => ({ name: `Env X${n}`, to: 'y'.repeat(9000) }));
  const layers = Array.from({ length: 2000 }, (_, n) => ({ from: undefined, to: n % 3 }));
  const page = comparisonPage({ ...comparison, files: [...many, deep], settings: wide, pairs: layers });
  elementsOf(page);
  expect(page.length).toBeLessThan(4_000_000);
  expect(page).toContain('more files');
});

test('locks: what moved, by kind', () => {
  const page = locksPage(
    [hostile, 'holdfast.lock'],
    [
      { section: 'pypi', name: hostile, what: 'moved', from: ['1'], to: ['2'] },
      {
        section: 'file',
        name: 'https://example.org/x',
        what: 'rebuilt',
        from: ['a'.repeat(64)],
        to: ['a'.repeat(64)],
      },
    ],
  );
  elementsOf(page);
  expect(textOf(page)).toContain('2 inputs differ');
  expect(textOf(page)).toContain('rebuilt');
  expect(textOf(page)).toContain('aaaaaaaaaaaa');
  expect(textOf(locksPage(['a', 'b'], []))).toContain('The same inputs');
});
