// Holds `check` against cases that others wrote, read from a checkout of their repositories and never kept here:
// `node scripts/check-suites.js hadolint=DIR scorecard=DIR`. Prints precision and recall by source, and each difference.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkText, defaultSettings, rules } from '../src/check/index.ts';

const context = { hasFile: () => false };
const places = new Map(process.argv.slice(2).map(given => given.split('=')));

/** Rules that fire on a text, which may lack FROM. */
function firing(text) {
  const whole = /^\s*(FROM|ARG|#)/i.test(text) ? text : `FROM a:1\n${text}`;
  const { findings, unread } = checkText(whole, 'Dockerfile', defaultSettings, context);
  return { findings, unread, text: whole };
}

/** Where the difference is meant, and why. */
const onPurpose = [
  [/download-heredoc:(36|38|43|45)/, 'two here-documents and no program: nothing reads them'],
  [/download-multi-runs:28/, 'the exec form starts no shell'],
  [/^\S+ .*(\*|~=?\d|=~\d|[<>!]=?\s*\d|\\[<>]|>=0|\^5)/s, 'a range, a wildcard or a fuzzy version moves'],
  [/(git\+|git:|\.git).*(@0\.6|#v1|v1\.0)/, 'a tag can be moved'],
  [/install https?:\/\//, 'a URL without a digest'],
  [/pipenv install black/, 'pipenv installs packages as well'],
  [/module install/, 'a stream of a module is no version'],
  [/group install|groupinstall/, 'a group of packages is another one tomorrow'],
  [
    /FROM scratch\nUSER foo|USER foo\nFROM scratch/,
    'the last stage counts, and one from scratch runs as root',
  ],
  [/go (get -tool foobar|run example\.com\/pkg)/, 'go.mod decides, or there is no host to fetch from'],
  [/"echo", *"hello", *"&&"|tmp\/file1\b|&&.*file3/, 'the exec form starts no shell'],
  [/FROM build$/, 'an earlier stage is no image'],
  [/hg\+/, 'a changeset of Mercurial is a hash'],
];

class Score {
  meant = new Map();
  asWritten = { missed: 0, extra: 0 };

  isMeant(expected, what) {
    const reason = onPurpose.find(([pattern]) => pattern.test(what))?.[1];
    if (reason !== undefined) this.asWritten[expected ? 'missed' : 'extra']++;
    if (reason !== undefined) this.meant.set(reason, (this.meant.get(reason) ?? 0) + 1);
    return reason !== undefined;
  }

  right = 0;
  missed = [];
  extra = [];
  quiet = 0;

  add(expected, found, what) {
    if (expected && found) this.right++;
    else if (expected !== found && this.isMeant(expected, what)) return;
    else if (expected) this.missed.push(what);
    else if (found) this.extra.push(what);
    else this.quiet++;
  }

  report(name) {
    const { right, missed, extra, quiet } = this;
    const ratio = (part, all) => (all === 0 ? '-' : `${((100 * part) / all).toFixed(1)} %`);
    console.log(
      `${name}: precision ${ratio(right, right + extra.length)}, recall ${ratio(right, right + missed.length)} of ${right + missed.length + extra.length + quiet} cases`,
    );
    const { asWritten } = this;
    if (this.meant.size > 0)
      console.log(
        `  taken literally: precision ${ratio(right, right + extra.length + asWritten.extra)}, recall ${ratio(right, right + missed.length + asWritten.missed)}`,
      );
    for (const what of missed) console.log(`  missed: ${what.replaceAll('\n', '⏎')}`);
    for (const what of extra) console.log(`  found too: ${what.replaceAll('\n', '⏎')}`);
    for (const [reason, count] of this.meant) console.log(`  differs on purpose, ${count}: ${reason}`);
  }
}

/** A Haskell string literal's content. */
function haskellText(literal) {
  const joined = literal.slice(1, -1).replaceAll(/\\\s+\\/g, '');
  return joined.replaceAll(/\\([nt"\\])/g, (_, escaped) => ({ n: '\n', t: '\t' })[escaped] ?? escaped);
}

function hadolint(directory) {
  const literal = String.raw`"(?:\\\s+\\|\\.|[^"\\])*"`;
  const total = new Score();
  for (const name of readdirSync(join(directory, 'test/Hadolint/Rule'))) {
    const id = name.slice(0, 6);
    const own = rules.filter(rule => rule.peers.hadolint?.includes(id)).map(rule => rule.id);
    if (own.length === 0) continue;
    const score = new Score();
    const source = readFileSync(join(directory, 'test/Hadolint/Rule', name), 'utf8');
    const tokens = new RegExp(
      String.raw`let\s+dockerFile\s*=\s*\[?((?:\s*,?\s*${literal})+)\s*\]?|(onBuildRuleCatches|ruleCatches)(Not)?\s+"${id}"\s*(?:\$\s*)?(?:(?:Text\.)?unlines\s+dockerFile|dockerFile|(${literal}))`,
      'g',
    );
    let lines = '';
    for (const [, list, kind, not, text] of source.matchAll(tokens)) {
      if (list !== undefined) {
        lines = [...list.matchAll(new RegExp(literal, 'g'))].map(([one]) => haskellText(one)).join('\n');
        continue;
      }
      const body = text === undefined ? lines : haskellText(text);
      if (kind.startsWith('onBuild') && /^FROM/m.test(body)) continue;
      const given = kind.startsWith('onBuild') ? `ONBUILD ${body}` : body;
      const found = firing(given).findings.some(({ rule }) => own.includes(rule));
      score.add(not === undefined, found, given);
      total.add(not === undefined, found, `${id} ${given}`);
    }
    score.report(`hadolint ${id} (${own.join(', ')})`);
  }

  total.report('hadolint in all');
}

const scorecardTypes = {
  DependencyUseTypeDownloadThenRun: ['download-run'],
  DependencyUseTypePipCommand: ['pip-version', 'pip-hashes'],
  DependencyUseTypeNpmCommand: ['npm-version', 'lock-enforced'],
  DependencyUseTypeGoCommand: ['go-version'],
  DependencyUseTypeChocoCommand: ['nuget-version'],
  DependencyUseTypeNugetCommand: ['nuget-version', 'lock-absent'],
  DependencyUseTypeDockerfileContainerImage: ['image-digest', 'image-tag'],
};

/** The tables of snippets with their lines. */
function scorecard(directory) {
  const tests = readFileSync(join(directory, 'checks/raw/pinned_dependencies_test.go'), 'utf8');
  const total = new Score();
  for (const [, file, list] of tests.matchAll(
    /filename:\s*"(?:\.\/testdata\/)?(Dockerfile[^"]*)",(?:\s*processingErrors:\s*\d+,)?\s*expected:\s*\[\]struct \{[^}]*\}\{([\s\S]*?)\n\t\t\t\},/g,
  )) {
    const text = readFileSync(join(directory, 'checks/raw/testdata', file), 'utf8');
    const { findings, unread } = firing(text);
    if (unread.some(({ range }) => range === undefined || range.start === 0)) {
      console.log(`scorecard ${file}: not read: ${unread[0].reason}`);
      continue;
    }
    const score = new Score();
    const expected = [
      ...list.matchAll(
        /snippet:\s*(?:"((?:\\.|[^"\\])*)"|`([^`]*)`),\s*startLine:\s*(\d+),\s*endLine:\s*(\d+),(?:\s*pinned:\s*(true|false),)?(?:\s*t:\s*checker\.(\w+))?/g,
      ),
    ];
    for (const [, quoted, raw, start, end, pinned, type] of expected) {
      if (pinned === 'true') continue;
      const ids = scorecardTypes[type] ?? scorecardTypes.DependencyUseTypeDockerfileContainerImage;
      const found = findings.some(
        ({ rule, range, related = [] }) =>
          ids.includes(rule) &&
          [range, ...related.map(one => one.range)].some(
            ({ line }) => line >= Number(start) && line <= Number(end),
          ),
      );
      score.add(true, found, `${file}:${start} ${type ?? ''} ${quoted ?? raw}`);
      total.add(true, found, '');
    }
    const types = new Set(expected.flatMap(([, , , , , , type]) => scorecardTypes[type] ?? []));
    for (const { rule, range, related = [] } of findings) {
      if (!types.has(rule)) continue;
      const lines = [range, ...related.map(one => one.range)].map(({ line }) => line);
      const isListed = ([, , , start, end]) =>
        lines.some(line => line >= Number(start) && line <= Number(end));
      if (!expected.filter(one => one[5] !== 'true').some(isListed))
        score.add(false, true, `${file}:${range.line} ${rule} ${text.split('\n')[range.line - 1]}`);
    }
    score.report(`scorecard ${file}`);
  }
}

/** Directories of Dockerfiles that shall fail, and of such that shall pass. */
function checkov(directory) {
  const total = new Score();
  const own = [
    [/ReferenceLatestTag/, ['image-tag']],
    [/example_(RootUser|UserExists)/, ['user-root']],
    [/graph_builder\/checks\/resources\/(?!RunChpasswd|RunUsingSudo)/, ['tls-off', 'signature-off']],
  ];
  const files = readdirSync(join(directory, 'tests/dockerfile'), { recursive: true }).filter(path =>
    /Dockerfile(\.[\w.]+)?$/.test(path),
  );
  for (const path of files) {
    const ids = own.find(([pattern]) => pattern.test(path))?.[1];
    if (ids === undefined || !/\/(fail|pass|success)/.test(path)) continue;
    const { findings } = firing(readFileSync(join(directory, 'tests/dockerfile', path), 'utf8'));
    const found = findings.some(({ rule }) => ids.includes(rule));
    total.add(/\/fail/.test(path), found, path);
  }
  total.report('checkov');
}

const suites = { checkov, hadolint, scorecard };
for (const [name, directory] of places) suites[name](directory);
