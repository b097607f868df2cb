import { downloadsOf, type Download, type Edit, type RunInStage } from '../check/index.ts';
import type { Invocation } from '../dockerfile/shell/index.ts';
import type { Changes } from './changes.ts';
import type { LockedStep } from './locked-steps.ts';
import { readerOf } from './pipes.ts';
import { after, before, isInOwnPlace, isListItem, isWrittenHere, shellPath } from './placing.ts';
import type { Pin, UnpinnedCode } from './result.ts';

/** Where what goes through a pipe is kept until its checksum is known. */
const temporaryFile = '/tmp/holdfast-download';

interface Why {
  readonly code: UnpinnedCode;
  readonly why: string;
}

/** Has each download of a step compared with what the lock holds, before anything is done with it. */
export function pinDownloads(
  place: RunInStage,
  step: LockedStep,
  { text, changes, except }: { text: string; changes: Changes; except: ReadonlySet<Invocation> },
): void {
  const { run, stage } = place;
  const own = downloadsOf(stage).filter(
    ({ request, fixed }) => !fixed && run.requests.includes(request) && !except.has(request.invocation),
  );
  for (const [invocation, downloads] of Map.groupBy(own, ({ request }) => request.invocation))
    pinOne(invocation, downloads, place, step, text, changes);
}

function pinOne(
  invocation: Invocation,
  downloads: readonly Download[],
  { run }: RunInStage,
  step: LockedStep,
  text: string,
  changes: Changes,
): void {
  const checks: { path: string; digest: string; pin: Pin }[] = [];
  const piped: { digest: string; pin: Pin }[] = [];
  for (const { request } of downloads) {
    const { range } = request.at.word;
    const digest = digestOf(request.url.text, request.url.known, step);
    if (typeof digest !== 'string') {
      changes.leave(digest.code, range, request.url.text, digest.why);
      continue;
    }
    const pin = { kind: 'file' as const, range, what: `${request.url.text} sha256:${digest}` };
    if (request.saved === undefined) piped.push({ digest, pin });
    else {
      const path = savedPath(invocation, request.saved, request.url.text);
      if (path === undefined)
        changes.leave(
          'NOT_KNOWN',
          range,
          request.url.text,
          'the name that it is saved under is not known here',
        );
      else checks.push({ path, digest, pin });
    }
  }
  const pins = [...checks, ...piped].map(({ pin }) => pin);
  if (pins.length === 0) return;
  const edits = piped.length === 0 ? checkedEdits(invocation, checks, run, text) : undefined;
  const [only, ...more] = piped;
  const found =
    edits ??
    (only !== undefined && more.length === 0 && checks.length === 0
      ? pipedEdits(invocation, only.digest, run, text)
      : undefined);
  if (found !== undefined) changes.add({ edits: found, pins });
  else
    for (const { range, what } of pins)
      changes.leave('NO_FORM', range, what, 'it stands where no check can be put behind it');
}

function digestOf(url: string, known: boolean, step: LockedStep): string | Why {
  if (!known) return { code: 'NOT_KNOWN', why: 'its URL is worked out while the step runs' };
  const digest = step.body(url);
  return digest ?? { code: 'NOT_LOCKED', why: 'the lock has not one content that the step got from it' };
}

/** The path for the shell that has just run the command; nothing where the server or a query has a say in the name. */
function savedPath({ name, args }: Invocation, saved: string, url: string): string | undefined {
  const words = args.map(({ text }) => text);
  if (words.some(word => /^(-[a-zA-Z]*J|--remote-header-name|--content-disposition)$/.test(word)))
    return undefined;
  const isNamed = words.some(word => /^-[a-zA-Z]*[oO]|^--output/.test(word)) || !name.startsWith('wget');
  return url.includes('?') && !isNamed ? undefined : shellPath(saved);
}

function checkCommand(digest: string, path: string): string {
  const isPlain = !path.startsWith('"');
  const line = isPlain ? `'${digest}  ${path}'` : `"${digest}  ${path.slice(1)}`;
  return `echo ${line} | sha256sum -c -`;
}

function checkedEdits(
  invocation: Invocation,
  checks: readonly { path: string; digest: string }[],
  run: RunInStage['run'],
  text: string,
): Edit[] | undefined {
  if (!isInOwnPlace(invocation, run, text)) return undefined;
  const { end } = invocation.range;
  const commands = checks.map(({ path, digest }) => ` && ${checkCommand(digest, path)}`);
  return [{ start: end, end, text: commands.join('') }];
}

/** `A | B` becomes `A > file && check file && B < file && rm file`, which starts B only with what the lock holds. */
function pipedEdits(
  invocation: Invocation,
  digest: string,
  run: RunInStage['run'],
  text: string,
): Edit[] | undefined {
  const reader = isWrittenHere(invocation, run, text) ? readerOf(invocation, run, text) : undefined;
  if (reader === undefined || !isListItem(before(invocation, run, text))) return undefined;
  const { pipe, invocation: first } = reader;
  let last = first;
  for (let next = readerOf(last, run, text); next; next = readerOf(last, run, text)) last = next.invocation;
  const { end } = last.range;
  if (/^\s*\|(?!\|)/.test(after(last, text))) return undefined;
  const read = ` < ${temporaryFile}`;
  const remove = ` && rm ${temporaryFile}`;
  return [
    {
      start: pipe,
      end: pipe + 1,
      text: `> ${temporaryFile} && ${checkCommand(digest, temporaryFile)} &&`,
    },
    ...(last === first
      ? [{ start: end, end, text: read + remove }]
      : [
          { start: first.range.end, end: first.range.end, text: read },
          { start: end, end, text: remove },
        ]),
  ];
}
