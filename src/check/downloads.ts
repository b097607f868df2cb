import type { Invocation } from '../dockerfile/shell/index.ts';
import { isPosixShell, languageOf, outputFile } from '../dockerfile/shell/index.ts';
import type { DownloadRequest } from '../kinds/requests/index.ts';
import type { AnalysedStage, Run } from './analysis.ts';
import { toldTo, verifies } from './verification.ts';

/** A download of a RUN, and what becomes of it. */
export interface Download {
  readonly request: DownloadRequest;
  /** Its digest or signature is checked before the RUN ends. */
  readonly verified: boolean;
  /** It is compared with a digest that stands in the Dockerfile beside its name, or its URL holds a commit. */
  readonly fixed: boolean;
  /**
   * - `run`: it is executed
   * - `key`, `repository`: it says whom to trust, or where packages come from
   * - `file`: anything else
   */
  readonly use: 'run' | 'key' | 'repository' | 'file';
  /** What executes it. */
  readonly by?: Invocation;
}

/** Several rules ask. */
const known = new WeakMap<AnalysedStage, readonly Download[]>();

/** The downloads of a stage's RUNs, in order. */
export function downloadsOf(stage: AnalysedStage): readonly Download[] {
  let downloads = known.get(stage);
  if (downloads === undefined) known.set(stage, (downloads = foundIn(stage)));
  return downloads;
}

function foundIn(stage: AnalysedStage): Download[] {
  const runs = stage.steps.flatMap(({ run }) => (run ? [run] : []));
  return runs.flatMap((run, index) => {
    const requests = run.requests.filter(request => request.action === 'download');
    if (requests.length === 0) return [];
    const checks = checksIn(run, requests);
    const later = runs.slice(index + 1).flatMap(({ invocations }) => invocations);
    return requests.map(request => downloadOf(request, run, checks, later));
  });
}

/** A comparison with a digest, or of a signature. */
interface Check {
  /** Its place among the RUN's invocations. */
  readonly at: number;
  readonly told: string;
  /** Whether it names any of the RUN's downloads. */
  readonly names: boolean;
}

function checksIn({ invocations }: Run, requests: readonly DownloadRequest[]): Check[] {
  const files = requests
    .map(request => baseName(request.saved ?? request.url.text))
    .filter(name => name !== '');
  return invocations.flatMap((invocation, at) => {
    if (!verifies(invocation, invocations)) return [];
    const told = toldTo(invocation);
    return [{ at, told, names: files.some(name => told.includes(name)) }];
  });
}

function downloadOf(
  request: DownloadRequest,
  { invocations }: Run,
  checks: readonly Check[],
  later: readonly Invocation[],
): Download {
  const at = invocations.indexOf(request.invocation);
  const after = invocations.slice(at + 1);
  const readers = readersOf(request.invocation, after);
  const saved = savedBy(request, readers);
  const below = checks.filter(check => check.at > at);
  const isCommit = holdsCommit(request.url.text);
  const verified = isCommit || below.some(check => covers(check, saved));
  const fixed = isCommit || below.some(check => holdsDigest(check, saved));
  const by =
    [...readers].find(reader => isInterpreterOfInput(reader)) ??
    invocations.find(other => executesOutput(other, request.invocation, readers)) ??
    (saved === undefined ? undefined : firstThatExecutes(saved, after, later));
  const use = by ? 'run' : useOf(saved, readers);
  return { request, verified, fixed, use, ...(by && { by }) };
}

/** All that the output is piped to, through however many pipes. */
function readersOf(source: Invocation, after: readonly Invocation[]): Set<Invocation> {
  const sources = new Set([source]);
  const readers = new Set<Invocation>();
  for (const invocation of after) {
    if (!invocation.input.some(one => sources.has(one))) continue;
    sources.add(invocation);
    readers.add(invocation);
  }
  return readers;
}

function savedBy({ saved }: DownloadRequest, readers: ReadonlySet<Invocation>): string | undefined {
  if (saved !== undefined) return saved;
  for (const reader of readers) {
    const { name, args } = reader;
    const target = outputFile(reader);
    const file = name === 'tee' ? args.find(({ text }) => !text.startsWith('-'))?.text : undefined;
    const output = args[args.findIndex(({ text }) => text === '-o' || text === '--output') + 1];
    const named =
      name === 'gpg' && args.some(({ text }) => text === '-o' || text === '--output')
        ? output?.text
        : undefined;
    const path = target ?? file ?? named;
    if (path !== undefined && path !== '/dev/null') return path;
  }
  return undefined;
}

/** Content that a commit names is as firm as the commit, as long as the forge is. */
function holdsCommit(url: string): boolean {
  return /[/@=]([0-9a-f]{40}|[0-9a-f]{64})([/.?#&]|$)/i.test(url);
}

/** A check covers the files that it names; one that names none of the downloads may cover any of them. */
function covers({ told, names }: Check, saved: string | undefined): boolean {
  if (!names) return true;
  if (saved === undefined) return false;
  // The signature or the list of digests itself.
  const isProof = /\.(asc|sig|sign|minisig|pem|crt|sha\d*(sum)?s?|md5|sums?|txt)$|SUMS|checksums/i.test(
    saved,
  );
  return isProof || told.includes(baseName(saved));
}

function holdsDigest({ told }: Check, saved: string | undefined): boolean {
  return saved !== undefined && /[0-9a-f]{32,}/i.test(told) && told.includes(baseName(saved));
}

const interpreters = /^(python|pypy|perl|ruby|node|nodejs|php|deno|bun|pwsh|lua|Rscript|osascript)[\d.]*$/;

/** Whether a program takes its standard input for a script. */
function isInterpreterOfInput({ name, args }: Invocation): boolean {
  if (name === 'invoke-expression') return args.length === 0;
  if (languageOf(name) === 'powershell') return args.every(({ text }) => /^-(\w.*)?$/.test(text));
  const shell = isPosixShell(name);
  if (!shell && !interpreters.test(name)) return false;
  for (const { text } of args) {
    if (text === '-' || text === '/dev/stdin' || (shell && /^-[a-z]*s[a-z]*$/.test(text))) return true;
    if (text === '--') return !shell || args.at(-1)?.text === '--';
    if (shell ? /^-[a-z]*c/.test(text) : /^-[a-z]*[ceEmrp]$/.test(text)) return false;
    if (!/^[-+]/.test(text)) return false;
  }
  return true;
}

/** `sh -c "$(curl …)"`, `eval "$(curl …)"`, `bash <(curl …)`, `. <(curl …)`. */
function executesOutput(
  invocation: Invocation,
  source: Invocation,
  readers: ReadonlySet<Invocation>,
): boolean {
  const { name, args } = invocation;
  const isEvaluating = /^(eval|source|\.|invoke-expression)$/.test(name);
  if (languageOf(name) === undefined && !interpreters.test(name) && !isEvaluating) return false;
  return args.some(argument => {
    if (argument.known) return false;
    return invocation.outputs(argument).some(one => one === source || readers.has(one));
  });
}

function firstThatExecutes(
  saved: string,
  after: readonly Invocation[],
  later: readonly Invocation[],
): Invocation | undefined {
  return after.find(other => executes(other, saved)) ?? later.find(other => executes(other, saved));
}

/** Whether a file is started, or handed to something that runs it. */
function executes({ name, program, args }: Invocation, saved: string): boolean {
  const path = program.text;
  if (path.includes('/') && isSamePath(path, saved)) return true;
  if (startsOnWindows(name, args, saved)) return true;
  if (!isPosixShell(name) && !interpreters.test(name) && !/^(source|\.)$/.test(name)) return false;
  const script = args.find(({ text }) => !/^[-+]/.test(text));
  return script !== undefined && isSamePath(script.text, saved);
}

const windowsProgram = /\.(exe|msi|cmd|bat|ps1)$/i;

/** cmd finds programs beside it without a path, and without their ending. */
function startsOnWindows(name: string, args: Invocation['args'], saved: string): boolean {
  if (!windowsProgram.test(saved)) return false;
  const file = baseName(saved).toLowerCase();
  const plain = name.toLowerCase();
  if (plain === file || plain === file.replace(windowsProgram, '')) return true;
  return (
    (/^(start-process|msiexec|start)$/.test(plain) || languageOf(plain) !== undefined) &&
    args.some(({ text }) => baseName(text).toLowerCase() === file)
  );
}

function isSamePath(a: string, b: string): boolean {
  return baseName(a) === baseName(b) && !(a.startsWith('/') && b.startsWith('/') && a !== b);
}

function useOf(saved: string | undefined, readers: ReadonlySet<Invocation>): Download['use'] {
  if ([...readers].some(({ name }) => /^(gpg2?|apt-key)$/.test(name))) return 'key';
  if (saved === undefined) return 'file';
  if (/^\/etc\/(apt\/sources\.list|yum\.repos\.d|zypp\/repos\.d|apk\/repositories)|\.repo$/.test(saved))
    return 'repository';
  return /\/(keyrings|trusted\.gpg\.d|rpm-gpg|apk\/keys)\//.test(saved) ? 'key' : 'file';
}

function baseName(path: string): string {
  return path
    .replace(/[?#].*$/, '')
    .replace(/[\\/]+$/, '')
    .replace(/^.*[\\/]/, '');
}
