import { differingLines, isDigest, type DiffLine } from '../core/index.ts';
import type { Lock } from '../lock/index.ts';
import type { Store } from '../store/index.ts';
import type { Change } from './changes.ts';

/** A downloaded text that is another one now: what a step may have run, for somebody to read. */
export interface ChangedText {
  readonly url: string;
  /** What changed, with a few lines around it. */
  readonly lines: readonly DiffLine[];
}

/** Longer texts are no scripts that somebody would read. */
const largestText = 256 * 1024;

/** The texts among the files that moved. */
export async function changedTexts(
  changes: readonly Change[],
  before: Lock['inputs'],
  after: Lock['inputs'],
  store: Pick<Store, 'readBytes'>,
): Promise<ChangedText[]> {
  const texts: ChangedText[] = [];
  for (const { section, name, what, from, to } of changes) {
    const [[old], [now]] = [from, to];
    if (section !== 'file' || what !== 'moved' || old === undefined || now === undefined) continue;
    const url = before.file.find(line => line['sha256'] === old)?.['url'] ?? name;
    const both = [await textOf(before, old, store), await textOf(after, now, store)] as const;
    if (both[0] === undefined || both[1] === undefined) continue;
    texts.push({ url: String(url), lines: differingLines(both[0], both[1]) });
  }
  return texts;
}

/** Nothing where it is no text, or not there. */
async function textOf(
  { file }: Lock['inputs'],
  sha256: string,
  store: Pick<Store, 'readBytes'>,
): Promise<string | undefined> {
  const size = file.find(line => line['sha256'] === sha256)?.['size'];
  const digest = `sha256:${sha256}`;
  if (typeof size !== 'number' || size > largestText || !isDigest(digest)) return undefined;
  const bytes = await store.readBytes(digest).catch(() => undefined);
  if (bytes === undefined || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
