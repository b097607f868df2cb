import type { AptArchive, ArchiveState } from './archive.ts';
import { ArchiveServer, type ServedFiles } from './server.ts';

export interface SnapshotOptions {
  /** Milliseconds from a publication until it is in the snapshots. Default: 0. */
  readonly lag?: number;
  /** Whether a date between two states redirects to the earlier one's own date. Default: true; otherwise its files are answered at once. */
  readonly redirects?: boolean;
}

/**
 * The past of archives, as snapshot.debian.org has it: `/archive/<name>/<YYYYMMDDTHHMMSSZ>/<path>` is the last state that
 * is not later; before the first state there is nothing. What archives publish later on is served too.
 */
export async function serveSnapshots(
  archives: Readonly<Record<string, AptArchive>>,
  options: SnapshotOptions = {},
): Promise<ArchiveServer> {
  return ArchiveServer.start({ get: path => snapshotFile(archives, options, path) });
}

function snapshotFile(
  archives: Readonly<Record<string, AptArchive>>,
  { lag = 0, redirects = true }: SnapshotOptions,
  path: string,
): ReturnType<ServedFiles['get']> {
  const [, name = '', timestamp = '', below = ''] =
    /^archive\/([^/]+)\/(\d{8}T\d{6}Z)\/(.+)$/.exec(path) ?? [];
  const asked = timestamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const state = stateAt(archives[name]?.history ?? [], Date.parse(asked) - lag);
  const file = state?.files.get(below);
  if (state === undefined || file === undefined) return undefined;
  const own = timestampOf(new Date(state.date.getTime() + lag));
  return redirects && own !== timestamp ? { redirect: `archive/${name}/${own}/${below}` } : file;
}

/** The latest; of two of one date the one that was published last. */
function stateAt(history: readonly ArchiveState[], time: number): ArchiveState | undefined {
  let found: ArchiveState | undefined;
  for (const state of history) {
    const isLater = found === undefined || state.date >= found.date;
    if (state.date.getTime() <= time && isLater) found = state;
  }
  return found;
}

function timestampOf(date: Date): string {
  return date.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}
