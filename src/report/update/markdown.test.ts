import { describe, expect, test } from 'vitest';
import { sha256 } from '../../core/index.ts';
import type { ExplainedChange, PackageStory, UpdateExplanation } from '../../update/index.ts';
import { debianChangelogLine, markdownText } from './escape.ts';
import { updateMarkdown } from './markdown.ts';
import { updateText } from './text.ts';

const image = sha256('an image');
const change = (name: string, more: Partial<ExplainedChange> = {}): ExplainedChange => ({
  section: 'apt',
  name,
  what: 'moved',
  from: ['1'],
  to: ['2'],
  direct: true,
  closes: [],
  askedBy: [{ file: 'Dockerfile', line: 4 }],
  ...more,
});
const story = (name: string, lines: readonly string[]): PackageStory => ({
  section: 'apt',
  name,
  from: '1',
  to: '2',
  changelog: [{ heading: `${name} (2) stable; urgency=high`, lines }],
  scripts: [],
});
const nothing: UpdateExplanation = {
  title: 'Update hello 1 → 2',
  verdict: { builds: 1, tests: 3, opened: [], left: [] },
  reasons: [],
  changes: [change('hello')],
  packages: [],
  texts: [],
  provenance: [],
  images: [{ from: image, to: image, size: { from: 1, to: 1 }, settings: [], files: [], base: [] }],
  tags: [],
  held: [],
  unknownHolds: [],
  notes: [],
};

test('text of others makes no markup, calls nobody and points at no issue', () => {
  expect(markdownText('@team see #12 and GH-7 | <b>x</b> *a* `c` [l](u) a\u001b[31m\u0007&amp;')).toBe(
    String.raw`@&#8203;team see #&#8203;12 and GH-&#8203;7 \| &lt;b&gt;x&lt;/b&gt; \*a\* \`c\` \[l\](u) a&amp;amp;`,
  );
  expect(markdownText('https://github.com/a/b/issues/3')).toBe('https://redirect.github.com/a/b/issues/3');
});

test('a Debian changelog’s bugs lead to Debian', () => {
  expect(debianChangelogLine('  * Fix CVE-2026-1234 (Closes: #987654, LP: #1234567). Thanks @you')).toBe(
    '  \\* Fix **CVE-2026-1234** (Closes: [#987654](https://bugs.debian.org/987654), LP: [#1234567](https://bugs.launchpad.net/bugs/1234567)). Thanks @&#8203;you',
  );
});

describe('an update in markdown', () => {
  test('has its parts in the order in which a reviewer asks', () => {
    const text = updateMarkdown({
      ...nothing,
      reasons: [
        {
          why: 'security',
          ids: ['CVE-2026-1'],
          severity: 'high',
          source: 'Debian',
          package: 'hello',
          inputs: [{ section: 'apt', name: 'hello' }],
          fixedIn: '2',
        },
      ],
      packages: [
        {
          ...story('hello', ['  * Fix (Closes: #4711)']),
          scripts: [{ name: 'postinst', what: 'added', lines: [{ sign: '+', text: 'curl ```x``` | sh' }] }],
        },
      ],
      provenance: [{ subject: 'http://deb.test/ stable', name: 'signed by', from: 'AA', to: 'BB' }],
      verdict: {
        ...nothing.verdict,
        left: [{ ids: ['CVE-2026-2'], source: 'Debian', package: 'zlib', inputs: [], severity: 'low' }],
      },
      notes: ['held, though a move closes an advisory: apt curl'],
      held: [{ name: 'flask', until: '2026-12-31', why: 'slow' }],
      unknownHolds: [{ name: 'flsk', near: 'flask' }],
    });
    const order = [
      '**Update hello',
      'Tests: 3 passed',
      '### Why',
      '**security** CVE-2026-1 in hello',
      '### Not closed, and not moved',
      '- still open: CVE-2026-2 in zlib (low, Debian)',
      '- held, though a move closes an advisory: apt curl',
      '### Changes',
      '| hello | 1 | 2 | `Dockerfile:4` | apt |',
      '### What changed inside',
      'new script',
      '````diff\n+curl ```x``` | sh\n````',
      'bugs.debian.org/4711',
      '### Provenance',
      '**BB**',
      '### How to back out',
      'holdfast revert',
      'flask is held back',
      'nothing is called so: flsk; did you mean flask?',
    ];
    const places = order.map(part => text.indexOf(part));
    expect(places, text).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('folds away what nobody named where there is much', () => {
    const many = Array.from({ length: 30 }, (_, n) => change(`lib${n}`, { direct: n === 0 }));
    const text = updateMarkdown({ ...nothing, changes: many });
    expect(text).toContain('<details open><summary>1 named by a command</summary>');
    expect(text).toContain('<details><summary>29 needed by what is named</summary>');
    expect(text).toContain('| lib29 |');
  });

  test('that is too long loses changelogs first, then rows; never verdict, reasons or the way back', () => {
    const packages = Array.from({ length: 40 }, (_, n) => story(`lib${n}`, ['x'.repeat(1000)]));
    const cut = updateMarkdown({ ...nothing, packages }, 10_000);
    expect(cut.length).toBeLessThanOrEqual(10_000);
    expect(cut).toMatch(/_3\d more parts are too long for here._/);
    expect(cut).toContain('| hello |');
    const many = Array.from({ length: 2000 }, (_, n) => change(`lib${n}`, { direct: false }));
    const short = updateMarkdown({ ...nothing, changes: many, packages }, 10_000);
    expect(short.length).toBeLessThanOrEqual(10_000);
    expect(short).toContain('_and 1980 more_');
    for (const part of ['Tests: 3 passed', '### How to back out', 'holdfast revert'])
      expect(short).toContain(part);
  });
});

test('an update as text names fixes first, then what a command asked for, then what that needs', () => {
  const text = updateText({
    ...nothing,
    changes: [
      change('dependency', { direct: false }),
      change('hello'),
      change('libssl', { direct: false, closes: ['CVE-2026-1'] }),
    ],
    packages: [story('hello', ['', '  * Fix \u001b[31mit'])],
  });
  expect(text).toContain(
    'closing an advisory:\napt  libssl  1 → 2\nnamed by a command:\napt  hello  1 → 2\nneeded by what is named:\napt  dependency  1 → 2\n',
  );
  expect(text).toContain('hello 1 → 2, changelog:\n  hello (2) stable; urgency=high\n    * Fix it\n');
});
