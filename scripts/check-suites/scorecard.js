import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { firing } from './firing.js';
import { Score } from './score.js';

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
export function scorecard(directory) {
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
      const what = `${file}:${start} ${type ?? ''} ${quoted ?? raw}`;
      score.add(true, found, what);
      total.add(true, found, what);
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
  counted(directory, tests, total);
  total.report('scorecard in all');
}

/** The tests that only say how many commands of a file are not pinned: we find as many lines, or more, or fewer. */
function counted(directory, tests, total) {
  const kinds = new Set(Object.values(scorecardTypes).flat());
  for (const image of scorecardTypes.DependencyUseTypeDockerfileContainerImage) kinds.delete(image);
  for (const [, file, count] of tests.matchAll(
    /filename:\s*"\.\/testdata\/(Dockerfile-[^"]*)",\n(?:\s*processingErrors:.*\n)?(?:\s*unpinned:\s*(\d+),.*\n)?\t\t\},/g,
  )) {
    const text = readFileSync(join(directory, 'checks/raw/testdata', file), 'utf8');
    const { findings, unread } = firing(text);
    if (unread.some(({ range }) => range === undefined || range.start === 0)) {
      console.log(`scorecard ${file}: not read: ${unread[0].reason}`);
      continue;
    }
    const lines = new Set(findings.filter(({ rule }) => kinds.has(rule)).map(({ range }) => range.line));
    const expected = Number(count ?? 0);
    for (let index = 0; index < Math.max(expected, lines.size); index++)
      total.add(index < expected, index < lines.size, `${file}: ${expected} expected, ${lines.size} found`);
  }
}
