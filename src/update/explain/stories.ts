import { differingLines, isDigest, messageOf } from '../../core/index.ts';
import { kinds, type Kind, type PackageTexts } from '../../kinds/index.ts';
import { lineName, type InputLine, type Lock } from '../../lock/index.ts';
import type { Store } from '../../store/index.ts';
import type { Change } from '../changes.ts';
import type { ChangedScript, PackageStory } from './explanation.ts';

type Bytes = Pick<Store, 'readBytes'>;

/** A package that is larger is not looked into: nobody waits for it in an update. */
const largestPackage = 64 * 1024 * 1024;
/** Releases of one package; who jumps over more reads them elsewhere. */
const mostSections = 40;

/** What the packages that moved say of it themselves: nothing is asked for but their own files, which the lock names. */
export async function packageStories(
  changes: readonly Change[],
  before: Lock['inputs'],
  after: Lock['inputs'],
  store: Bytes,
): Promise<PackageStory[]> {
  const stories: PackageStory[] = [];
  for (const change of changes) {
    const kind = kinds.find(({ name }) => name === change.section);
    if (kind?.texts === undefined || change.what === 'removed') continue;
    const [old, now] = [linesOf(before, change), linesOf(after, change)].map(lines => lines.at(-1));
    if (now === undefined) continue;
    const story = await storyOf(kind, change, { old, now, before, after, store });
    if (story !== undefined) stories.push(story);
  }
  return stories;
}

interface Versions {
  readonly old: InputLine | undefined;
  readonly now: InputLine;
  readonly before: Lock['inputs'];
  readonly after: Lock['inputs'];
  readonly store: Bytes;
}

async function storyOf(
  kind: Kind,
  { section, name }: Change,
  { old, now, before, after, store }: Versions,
): Promise<PackageStory | undefined> {
  const facts = { section, name, from: versionOf(old), to: versionOf(now) };
  try {
    const [was, is] = [old && (await textsOf(kind, old, store)), await textsOf(kind, now, store)];
    // Of what is new, all that it runs is new; of its past nobody had anything.
    const scripts = changedScripts(was?.scripts ?? {}, is.scripts);
    const told =
      was &&
      newSections(await withSource(was, kind, before, store), await withSource(is, kind, after, store));
    if (scripts.length === 0 && (told === undefined || told.changelog.length === 0)) return undefined;
    return { ...facts, changelog: [], ...told, scripts };
  } catch (error) {
    return { ...facts, changelog: [], scripts: [], unread: messageOf(error).split('\n')[0] };
  }
}

async function textsOf(kind: Kind, { sha256, size, url }: InputLine, store: Bytes): Promise<PackageTexts> {
  const digest = `sha256:${String(sha256)}`;
  if (!isDigest(digest) || kind.texts === undefined) throw new TypeError('a package has a digest');
  if (typeof size === 'number' && size > largestPackage)
    throw new RangeError(`its file has ${size} bytes, and is not looked into`);
  return kind.texts(await store.readBytes(digest), String(url));
}

/** Its texts, with the changelog of the package that holds it for all of a source, where the lock has that. */
async function withSource(
  texts: PackageTexts,
  kind: Kind,
  inputs: Lock['inputs'],
  store: Bytes,
): Promise<PackageTexts> {
  if (texts.changelogIn === undefined || kind.name === 'image') return texts;
  const holder = inputs[kind.name].find(line => line['name'] === texts.changelogIn);
  if (holder === undefined) return texts;
  return { ...texts, changelog: (await textsOf(kind, holder, store)).changelog };
}

/** Releases are told by their headings: the numbers of a binary package and of its source may have nothing in common. */
function newSections(was: PackageTexts, is: PackageTexts): Pick<PackageStory, 'changelog' | 'changelogIn'> {
  const known = new Set(was.changelog.map(({ heading }) => heading));
  // Where the old changelog is not at hand, the newest release is told.
  const changelog =
    known.size === 0
      ? is.changelog.slice(0, 1)
      : is.changelog.filter(({ heading }) => !known.has(heading)).slice(0, mostSections);
  return { changelog, ...(is.changelogIn !== undefined && { changelogIn: is.changelogIn }) };
}

function changedScripts(was: PackageTexts['scripts'], is: PackageTexts['scripts']): ChangedScript[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .toSorted()
    .flatMap((name): ChangedScript[] => {
      const [old, now] = [was[name], is[name]];
      if (old === now) return [];
      const what = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
      return [{ name, what, lines: differingLines(old ?? '', now ?? '') }];
    });
}

function linesOf(inputs: Lock['inputs'], { section, name }: Change): readonly InputLine[] {
  if (section === 'frontend') return [];
  return inputs[section].filter(line => lineName(section, line) === name);
}

const versionOf = (line: InputLine | undefined) => String(line?.['version'] ?? '');
