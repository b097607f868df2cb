import { hash } from 'node:crypto';
import { posix } from 'node:path';
import { downloadsOf, isFollowed, type Download, type Edit, type RunInStage } from '../check/index.ts';
import { isDigest } from '../core/index.ts';
import type { Invocation } from '../dockerfile/shell/index.ts';
import type { Changes } from './changes.ts';
import type { LockedStep } from './locked-steps.ts';
import { isWrittenHere, privilege, shellPath } from './placing.ts';
import { readerOf } from './pipes.ts';
import type { PinRequest, WrittenFile } from './result.ts';
import { downloadList, vendorFolder } from './vendored-copies.ts';

/**
 * Puts the scripts that a step downloads and runs beside the Dockerfile, to be copied instead.
 * @returns the commands that are gone by that
 */
export async function vendorScripts(
  place: RunInStage,
  step: LockedStep,
  request: PinRequest,
  changes: Changes,
): Promise<ReadonlySet<Invocation>> {
  const { run, stage } = place;
  const scripts = downloadsOf(stage).filter(
    ({ use, request: download }) => use === 'run' && run.requests.includes(download),
  );
  const gone = new Set<Invocation>();
  for (const [invocation, downloads] of Map.groupBy(scripts, one => one.request.invocation)) {
    const [only, ...more] = downloads;
    const { range } = invocation;
    if (only === undefined) continue;
    const leave = (why: string) => changes.leave('NO_FORM', range, only.request.url.text, why);
    const url = only.request.url.text;
    const digest = only.request.url.known && more.length === 0 ? step.body(url) : undefined;
    if (digest === undefined) {
      changes.leave('NOT_LOCKED', range, url, 'the lock has not one script that the step got from it');
      continue;
    }
    const path = posix.join(request.context.directory, vendorFolder, nameOf(url));
    const target = `/tmp/${posix.basename(path)}`;
    const edits = edited(only, target, place, request.text);
    if (request.context.isIgnored(path)) leave(`.dockerignore leaves out ${path}`);
    else if (edits === undefined) leave('it stands where nothing else can be written for it');
    else {
      const files = await filesOf(path, url, digest, step, request);
      const copies = [{ before: place.step.instruction, from: path, to: target }];
      changes.add({ edits, pins: [{ kind: 'script', range, what: `${url} as ${path}` }], files, copies });
      gone.add(invocation);
    }
  }
  return gone;
}

/** A name that says where a script came from, and that no other URL has. */
function nameOf(url: string): string {
  const { hostname, pathname, search } = new URL(/^[a-z+]+:\/\//i.test(url) ? url : `http://${url}`);
  const base =
    posix
      .basename(pathname)
      .replaceAll(/[^\w.+-]/g, '_')
      .slice(0, 64) || 'index';
  const isAll = search === '' && pathname === `/${base}`;
  const rest = isAll ? '' : `-${hash('sha256', url).slice(0, 8)}`;
  return `${hostname.replaceAll(/[^\w.-]/g, '_')}${rest}-${base}`;
}

async function filesOf(
  path: string,
  url: string,
  sha256: string,
  step: LockedStep,
  { readBytes }: PinRequest,
): Promise<WrittenFile[]> {
  const digest = `sha256:${sha256}`;
  if (!isDigest(digest)) throw new TypeError(`not a digest: ${digest}`);
  return [
    { path, bytes: await readBytes(digest), vendored: true },
    downloadList({ path, url }, sha256, step.lines()),
  ];
}

/** What stands for the download: a file that the program reads in place of the pipe, else `cat` or `cp`. */
function edited(
  { request, by }: Download,
  target: string,
  { run }: RunInStage,
  text: string,
): Edit[] | undefined {
  const { invocation, saved } = request;
  const { range, program, args, redirects } = invocation;
  if (isFollowed(range) || run.instruction.command.form === 'exec') return undefined;
  if (text.slice(program.word.range.start, program.word.range.end) !== program.word.text) return undefined;
  const isHere = isWrittenHere(invocation, run, text);
  const reader = isHere ? readerOf(invocation, run, text) : undefined;
  if (reader !== undefined && reader.invocation === by) {
    const { end } = reader.invocation.range;
    return [
      { start: range.start, end: reader.invocation.range.start, text: '' },
      { start: end, end, text: ` < ${target}` },
    ];
  }
  const end = Math.max(program.word.range.end, ...args.map(({ word }) => word.range.end));
  const isPrinted = saved === undefined || redirects.some(({ operator }) => /^&?>/.test(operator));
  const path = saved === undefined ? undefined : shellPath(saved);
  if (!isPrinted && (path === undefined || (!isHere && path.startsWith('"')))) return undefined;
  const sudo = privilege(invocation, text);
  const command = isPrinted ? `cat ${target}` : `${sudo}cp ${target} ${path ?? ''}`;
  return [{ start: range.start, end, text: command }];
}
