import { isPackageSection, lineName, type InputSection, type RecordedInput } from './lines.ts';

/** What one build of several took. */
export interface BuildInputs {
  /** As messages name the build: its platform. */
  readonly name: string;
  readonly inputs: readonly RecordedInput[];
}

/** An input that several builds took, and not all in the same version. */
export interface Disagreement {
  readonly section: InputSection;
  readonly name: string;
  /** By build: the versions, or for what has none dates and digests. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
}

/**
 * Where builds that are to be one image took other versions of the same thing (DESIGN 4): a package whatever its
 * architecture, an image by its index, an archive, a commit, a file.
 */
export function disagreements(builds: readonly BuildInputs[]): Disagreement[] {
  const found = new Map<string, Disagreement & { readonly versions: Map<string, string[]> }>();
  for (const { name: build, inputs } of builds) {
    for (const input of inputs) {
      const version = versionOf(input);
      if (version === undefined) continue;
      const name = nameOf(input);
      const key = `${input.section} ${name}`;
      const entry = found.get(key) ?? { section: input.section, name, versions: new Map() };
      found.set(key, entry);
      const versions = entry.versions.get(build) ?? [];
      entry.versions.set(build, versions);
      if (!versions.includes(version)) versions.push(version);
    }
  }
  return [...found.values()].filter(({ versions }) => differ([...versions.values()]));
}

function nameOf({ section, line }: RecordedInput): string {
  if (isPackageSection(section)) return String(line['name']);
  return section === 'image' ? String(line['reference']) : lineName(section, line);
}

/** Nothing for what cannot be compared: an image of one platform has no index. */
function versionOf({ section, line }: RecordedInput): string | undefined {
  const value =
    section === 'image'
      ? line['index']
      : (line['version'] ?? line['commit'] ?? line['date'] ?? line['sha256'] ?? line['status']);
  return value === undefined ? undefined : String(value);
}

function differ(all: readonly (readonly string[])[]): boolean {
  const texts = all.map(versions => versions.toSorted().join(' '));
  return new Set(texts).size > 1;
}
