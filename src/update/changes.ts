import { movedSuite } from '../kinds/index.ts';
import {
  frontendOfBuild,
  inputSections,
  lineName,
  type BuildEntry,
  type InputLine,
  type InputSection,
  type Lock,
} from '../lock/index.ts';

/** How an input of one lock differs in another. */
export interface Change {
  /** A frontend is no input: builds name it, and never run it. */
  readonly section: InputSection | 'frontend';
  readonly name: string;
  /** `rebuilt`: the same version in other bytes. */
  readonly what: 'moved' | 'added' | 'removed' | 'rebuilt';
  /** Versions; for what has none the date, the commit or the digest. Empty for what was added. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

type Told = Pick<Lock, 'builds' | 'inputs'>;

/** What differs between two locks: their inputs, and then the frontends that their builds name. */
export function lockChanges(before: Told, after: Told): Change[] {
  return [
    ...changesBetween(before.inputs, after.inputs),
    ...changesIn('frontend', frontends(before.builds), frontends(after.builds)),
  ];
}

/** What differs between the inputs of two locks, in the order of the lock's sections, by name. */
export function changesBetween(before: Lock['inputs'], after: Lock['inputs']): Change[] {
  return inputSections.flatMap(section =>
    changesIn(section, byName(section, before[section]), byName(section, after[section])),
  );
}

type Named = Map<string, InputLine[]>;

function changesIn(section: Change['section'], old: Named, now: Named): Change[] {
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  return names.flatMap(name => changeOf(section, name, old.get(name) ?? [], now.get(name) ?? []));
}

/** One that is held by its name alone has no digest to move from. */
function frontends(builds: readonly BuildEntry[]): Named {
  return new Map(
    builds.flatMap(build => {
      const { reference, manifest } = frontendOfBuild(build) ?? {};
      return reference === undefined || manifest === undefined ? [] : [[reference, [{ manifest }]] as const];
    }),
  );
}

function byName(section: InputSection, lines: readonly InputLine[]): Named {
  const found: Named = new Map();
  for (const line of lines) {
    // What it offers is told of by the packages themselves.
    if (section === 'archives' && line['suite'] === movedSuite) continue;
    const name = lineName(section, line);
    const same = found.get(name);
    if (same === undefined) found.set(name, [line]);
    else same.push(line);
  }
  return found;
}

function changeOf(
  section: Change['section'],
  name: string,
  old: readonly InputLine[],
  now: readonly InputLine[],
): Change[] {
  const [from, to] = [versionsOf(old), versionsOf(now)];
  const change = (what: Change['what']): Change[] => [{ section, name, what, from, to }];
  if (old.length === 0) return change('added');
  if (now.length === 0) return change('removed');
  if (from.join(' ') !== to.join(' ')) return change('moved');
  return digestsOf(old) === digestsOf(now) ? [] : change('rebuilt');
}

function versionsOf(lines: readonly InputLine[]): string[] {
  return [...new Set(lines.map(versionOf))].toSorted();
}

function versionOf(line: InputLine): string {
  const value =
    line['version'] ?? line['commit'] ?? line['date'] ?? line['index'] ?? line['manifest'] ?? line['sha256'];
  return String(value ?? line['status'] ?? '');
}

function digestsOf(lines: readonly InputLine[]): string {
  return lines
    .map(line => String(line['sha256'] ?? line['manifest'] ?? ''))
    .toSorted()
    .join(' ');
}
