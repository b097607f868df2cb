import { rm } from 'node:fs/promises';
import type { Distribution } from '../attest/index.ts';
import { findingsError, type HoldfastError } from '../core/index.ts';
import { kinds, type InstalledPackage, type Kind, type KindName, type RootFiles } from '../kinds/index.ts';
import type { RecordedInput } from '../lock/index.ts';
import type { BuiltStage } from './built-stage.ts';
import type { BuildOutcome } from './execute.ts';
import { rootFiles } from './files/index.ts';
import { withImage } from './image-view.ts';
import { lowerDirectories } from './layers.ts';
import type { BuildRuntime } from './runtime.ts';

/** Of these a system holds one version of a name, so that another version than the locked one is a contradiction. */
const systemKinds: readonly KindName[] = ['apt', 'apk', 'rpm'];

export interface InstalledCheck {
  /** A package of the system that is there in another version than every one that was taken from outside. */
  readonly contradictions: readonly Contradiction[];
  /** Packages that no input accounts for: they were made from files of the build itself, or came out of an archive. */
  readonly unaccounted: readonly (InstalledPackage & { readonly kind: KindName })[];
}

export interface Contradiction {
  readonly kind: KindName;
  readonly installed: InstalledPackage;
  readonly locked: readonly string[];
}

/** What the finished image holds beyond the image that it began from. Only where steps can run: it mounts layers. */
export async function newlyInstalled(
  stage: BuiltStage,
  runtime: BuildRuntime,
): Promise<ReadonlyMap<KindName, readonly InstalledPackage[]>> {
  const after = await installedIn(stage.layers, kinds, runtime);
  const present = kinds.filter(({ name }) => after.get(name)?.length);
  const before = await installedIn(stage.layers.slice(0, stage.imageLayers), present, runtime);
  return new Map(
    [...after].map(([kind, packages]) => {
      const known = new Set(before.get(kind)?.map(identity));
      return [kind, packages.filter(one => !known.has(identity(one)))];
    }),
  );
}

const identity = ({ name, version, architecture = '' }: InstalledPackage) =>
  [name, version, architecture].join(' ');

async function installedIn(
  layers: BuiltStage['layers'],
  of: readonly Kind[],
  runtime: BuildRuntime,
): Promise<Map<KindName, readonly InstalledPackage[]>> {
  if (layers.length === 0 || of.length === 0) return new Map();
  const work = await runtime.cache.workDirectory();
  try {
    const top = layers.at(-1)?.planned;
    const lowers = await lowerDirectories(top === undefined ? layers : layers.slice(0, -1), runtime);
    return await runtime.sandbox.withView(lowers, work, view =>
      Promise.resolve(inRoot(top?.filesOver(view) ?? rootFiles(view), of)),
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function inRoot(root: RootFiles, of: readonly Kind[]): Map<KindName, readonly InstalledPackage[]> {
  const found = of.map(kind => [kind.name, kind.installed?.(root) ?? []] as const);
  return new Map(found);
}

/** Holds what is installed against what was taken from outside. */
export function checkInstalled(
  installed: ReadonlyMap<KindName, readonly InstalledPackage[]>,
  inputs: readonly RecordedInput[],
): InstalledCheck {
  const contradictions: Contradiction[] = [];
  const unaccounted: (InstalledPackage & { kind: KindName })[] = [];
  for (const [kind, packages] of installed) {
    const versions = new Map<string, string[]>();
    for (const { section, line } of inputs) {
      if (section !== kind) continue;
      const name = String(line['name']);
      versions.set(name, [...(versions.get(name) ?? []), String(line['version'])]);
    }
    for (const one of packages) {
      const locked = versions.get(one.name);
      if (locked?.some(version => version === one.version || version === one.fileVersion)) continue;
      if (locked !== undefined && systemKinds.includes(kind))
        contradictions.push({ kind, installed: one, locked });
      else unaccounted.push({ ...one, kind });
    }
  }
  return { contradictions, unaccounted };
}

/** @returns what to throw for contradictions, nothing where there is none */
export function installedError({ contradictions }: InstalledCheck): HoldfastError | undefined {
  const [first] = contradictions;
  if (first === undefined) return undefined;
  const { kind, installed, locked } = first;
  const more = contradictions.length > 1 ? `, and ${contradictions.length - 1} more` : '';
  return findingsError(
    'INSTALLED_DIFFERS',
    `${kind} ${installed.name} is installed as ${installed.version} (${installed.from}); the lock has ${locked.join(', ')}${more}`,
    {
      next: 'Look for a step that installs it from a file or a cache of its own; what is installed must be what is locked.',
      details: contradictions.map(
        one => `${one.kind} ${one.installed.name} ${one.installed.version}, locked ${one.locked.join(', ')}`,
      ),
    },
  );
}

/** Everything that is installed in a finished image, and its distribution. @throws NamespacesNeeded */
export async function packagesOf(
  { image, config }: BuildOutcome,
  runtime: BuildRuntime,
): Promise<{
  readonly packages: readonly (InstalledPackage & { readonly kind: KindName })[];
  readonly distribution: Distribution | undefined;
}> {
  return withImage(image, config, runtime, view => {
    const root = rootFiles(view);
    const packages = [...inRoot(root, kinds)].flatMap(([kind, found]) =>
      found.map(one => ({ ...one, kind })),
    );
    const release = root.read('etc/os-release')?.toString() ?? '';
    return Promise.resolve({ packages, distribution: distributionIn(release) });
  });
}

/** Of a text as os-release(5) describes it. */
function distributionIn(release: string): Distribution | undefined {
  const id = /^ID=["']?([\w.-]+)/m.exec(release)?.[1];
  const version = /^VERSION_ID=["']?([\w.-]+)/m.exec(release)?.[1];
  return id === undefined ? undefined : { id, version };
}
