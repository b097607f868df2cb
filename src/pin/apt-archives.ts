import { isFollowed, type RunInStage } from '../check/index.ts';
import { isDigest } from '../core/index.ts';
import type { Invocation } from '../dockerfile/shell/index.ts';
import { datedArchive, datedSourcesCommands, isDatedArchive } from '../kinds/pins/index.ts';
import type { Changes } from './changes.ts';
import type { LockedStep } from './locked-steps.ts';
import { isInOwnPlace, privilege } from './placing.ts';
import type { PinRequest } from './result.ts';

/** The archives that a step reads, as far as they have a past, and those that have none. */
interface Archives {
  /** Base URLs, as they are and as they shall be. */
  readonly dated: readonly (readonly [from: string, to: string])[];
  /** Of the latter those that every build reads: others are of some platforms. */
  readonly common: readonly string[];
  readonly undated: readonly string[];
}

/**
 * Has each `apt-get update` of a step read the archives as they were on the lock's date.
 * @returns whether all that the step's apt reads stands still then
 */
export async function pinArchives(
  { run }: RunInStage,
  step: LockedStep,
  request: PinRequest,
  changes: Changes,
): Promise<boolean> {
  const updates = run.invocations.filter(isUpdate);
  const archives = await archivesOf(step, request);
  const { dated, undated } = archives;
  const [first] = updates;
  if (first === undefined) return undated.length === 0;
  for (const url of undated)
    changes.leave(
      'NO_PAST',
      first.program.word.range,
      url,
      'no service is known to keep the past of this archive: only the versions that commands name are pinned',
    );
  if (dated.length === 0) return undated.length === 0;
  const written = updates.map(update => pinUpdate(update, archives, run, request.text, changes));
  return written.every(Boolean) && undated.length === 0;
}

/** apt's own, which reads the archives' indexes. */
function isUpdate({ name, args }: Invocation): boolean {
  return /^(apt|apt-get|aptitude)$/.test(name) && args.some(({ text }) => text === 'update');
}

async function archivesOf(step: LockedStep, request: PinRequest): Promise<Archives> {
  const { lock, snapshots, readBytes } = request;
  const date = new Date(lock.moved?.apt ?? lock.asOf);
  const dated = new Map<string, string>();
  const undated = new Set<string>();
  const builds: Set<string>[] = [];
  for (const lines of step.archives()) {
    const read = new Set<string>();
    for (const { kind, url: archive, sha256 } of lines) {
      const url = String(archive);
      if (kind !== 'apt' || isDatedArchive(url)) continue;
      const digest = `sha256:${String(sha256)}`;
      const release = isDigest(digest) ? await readBytes(digest).catch(() => undefined) : undefined;
      const past = datedArchive({ url, release }, date, snapshots);
      if (past === undefined) undated.add(url);
      else {
        dated.set(url, past);
        read.add(past);
      }
    }
    builds.push(read);
  }
  const common = [...new Set(dated.values())].filter(past => builds.every(read => read.has(past)));
  return {
    dated: [...dated].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    common: common.toSorted(),
    undated: [...undated].toSorted(),
  };
}

function pinUpdate(
  update: Invocation,
  { dated, common }: Archives,
  run: RunInStage['run'],
  text: string,
  changes: Changes,
): boolean {
  const { program, range } = update;
  const earlier = text.slice(run.instruction.range.start, range.start);
  if (dated.every(([, to]) => earlier.includes(to))) return true;
  if (!isInOwnPlace(update, run, text)) {
    const why = isFollowed(range)
      ? 'it stands in a script of the build'
      : 'it does not stand in a list of commands, so apt’s sources cannot be changed before it';
    changes.leave('NO_FORM', program.word.range, `${program.text} update`, why);
    return false;
  }
  const sudo = privilege(update, text);
  const commands = datedSourcesCommands(dated, common);
  const next = nextCommand(run, text);
  const { end } = program.word.range;
  changes.add({
    edits: [
      { start: range.start, end: range.start, text: `${sudo}${commands.join(next)}${next}` },
      // That the indexes are old is what is wanted; who signed them is checked as ever.
      { start: end, end, text: ' -o Acquire::Check-Valid-Until=false' },
    ],
    pins: dated.map(([, to]) => ({ kind: 'archive', range: program.word.range, what: to })),
  });
  return true;
}

/** What stands between two commands of a list: each is on a line of its own where lines can be continued. */
function nextCommand({ instruction }: RunInStage['run'], text: string): string {
  const isContinued = instruction.command.form === 'shell' && instruction.heredocs.length === 0;
  // Files with another escape character end their lines in another way.
  if (!isContinued || /^#\s*escape\s*=\s*`/im.test(text)) return ' && ';
  return text.includes('\r\n') ? ' \\\r\n && ' : ' \\\n && ';
}
