// `check` on Dockerfiles of others: `node scripts/check-corpus.js DIR…`. Nothing may crash or take long, what is parsed must
// be the text again when it is put together, and mending a file twice must be mending it once.
import {
  checkText,
  contextOf,
  counts,
  defaultSettings,
  discover,
  fixText,
  readText,
} from '../src/check/index.ts';
import { parseDockerfile } from '../src/dockerfile/index.ts';

const directories = process.argv.slice(2);
const { dockerfiles } = discover(directories.length > 0 ? directories : ['.']);
const digest = `sha256:${'0'.repeat(64)}`;
/** A lock that has everything, so that all fixes are tried. */
const locked = {
  builds: () => [],
  imageDigest: () => digest,
  fileDigest: () => digest.slice(7),
  commit: () => '0'.repeat(40),
};

const totals = { files: 0, parsed: 0, partly: 0, findings: 0, fixed: 0, fixes: 0, slowest: 0 };
const wrong = [];
for (const path of dockerfiles) {
  const read = readText(path);
  if ('unread' in read) continue;
  totals.files++;
  const start = performance.now();
  try {
    inspect(path, read.text);
  } catch (error) {
    wrong.push(`${path}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  const took = performance.now() - start;
  if (took > totals.slowest) Object.assign(totals, { slowest: took, slowestFile: path });
}
console.log(totals);
for (const line of wrong) console.log(line);
process.exitCode = wrong.length > 0 ? 1 : 0;

function inspect(path, text) {
  const { findings, unread } = checkText(text, path, defaultSettings, contextOf(path, locked));
  totals.findings += findings.filter(counts).length;
  if (unread.some(({ range }) => range === undefined || range.start === range.end)) return;
  totals.parsed++;
  if (unread.length > 0) totals.partly++;
  const dockerfile = parseDockerfile(text, path);
  if (printed(dockerfile) !== text) wrong.push(`${path}: what is parsed is not the text`);
  for (const { range, rule } of findings)
    if (range.end < range.start || range.end > text.length)
      wrong.push(`${path}: ${rule} points outside of the file`);
  const hasAll = { hasFile: () => true, locked };
  const once = fixText(text, path, defaultSettings, hasAll);
  const twice = fixText(once.text, path, defaultSettings, hasAll);
  if (twice.text !== once.text) wrong.push(`${path}: mending twice is not mending once`);
  if (once.text === text) return;
  totals.fixed++;
  totals.fixes += once.fixed.length;
  const after = parseDockerfile(once.text, path);
  if (keywords(after) !== keywords(dockerfile)) wrong.push(`${path}: mended, it has other instructions`);
  const changed = withoutFixes(after);
  if (changed !== withoutFixes(dockerfile)) wrong.push(`${path}: mended, it means something else`);
}

/** What the instructions say, without what fixes write: digests, commits, checksums, flags that enforce a lock. */
function withoutFixes(dockerfile) {
  return instructionsOf(dockerfile)
    .map(({ line, heredocs }) => [line.text, ...heredocs.map(({ raw }) => raw.text)].join('\n'))
    .join('\n')
    .replaceAll(/@sha256:0{64}|[#?]0{40}|--checksum=sha256:0{64}|--platform=\S+/g, '')
    .replaceAll(
      /--(frozen-lockfile|immutable|locked|deploy(ment)?|check-locked|force-resolved-versions)\b/g,
      '',
    )
    .replaceAll(/\s+/g, ' ');
}

function instructionsOf({ metaArgs, stages }) {
  return [...metaArgs, ...stages.flatMap(({ from, instructions }) => [from, ...instructions])];
}

function keywords(dockerfile) {
  return instructionsOf(dockerfile)
    .map(({ keyword }) => keyword)
    .join(' ');
}

/** The instructions' own texts with nothing but comments and blank lines between them, or else nothing. */
function printed(dockerfile) {
  const { text } = dockerfile;
  let at = 0;
  let result = '';
  for (const { range, line, heredocs } of instructionsOf(dockerfile)) {
    const between = text.slice(at, range.start);
    if (/^[^#\s\uFEFF]/m.test(between.replaceAll(/^[^\S\n]*#.*$/gm, ''))) return undefined;
    for (let index = 0; index < line.text.length; index++)
      if (text[line.offsetOf(index)] !== line.text[index]) return undefined;
    for (const { raw } of heredocs)
      if (text.slice(raw.range().start, raw.range().end) !== raw.text) return undefined;
    result += between + text.slice(range.start, range.end);
    at = range.end;
  }
  return result + text.slice(at);
}
