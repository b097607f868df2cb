import { imagePackages, type BuildRuntime, type Hold, type RecordedBuild } from '../build/index.ts';
import { HoldfastError, usageError, type Digest } from '../core/index.ts';
import type { Lock } from '../lock/index.ts';
import type { PreviousBuild } from './update.ts';

/** Kinds whose packages are installed into the image's own system. */
const systems = ['apt', 'apk', 'rpm'] as const;

/**
 * Holds of packages of a distribution are kept by its client where it can: here it is seen whether they were, in what was
 * taken and in what is installed. A package that is not there any more is none that moved.
 * @throws HoldfastError UPDATE_HOLD_LOST (exit 2)
 */
export async function refuseLostHolds(
  holds: readonly Hold[],
  before: Lock,
  after: Lock,
  builds: readonly { readonly old: PreviousBuild; readonly now: RecordedBuild }[],
  { store }: BuildRuntime,
): Promise<void> {
  if (holds.length === 0) return;
  for (const hold of holds)
    for (const section of systems) {
      const versions = ({ inputs }: Lock) =>
        inputs[section].filter(({ name }) => name === hold.name).map(({ version }) => String(version));
      const was = versions(before);
      const other = was.length === 0 ? undefined : versions(after).find(version => !was.includes(version));
      if (other !== undefined) throw lost(hold, was, other, 'a step takes another version');
    }
  for (const { old, now } of builds) {
    if (old.entry.image === now.entry.image || !(await store.has(old.entry.image))) continue;
    const [was, is] = [await installedIn(old.entry.image), await installedIn(now.entry.image)];
    for (const hold of holds) {
      const [had, has] = [was.get(hold.name), is.get(hold.name)];
      if (had !== undefined && has !== undefined && had !== has)
        throw lost(hold, [had], has, 'it came with the base image, which moves');
    }
  }

  async function installedIn(image: Digest): Promise<Map<string, string>> {
    const packages = [...(await imagePackages(image, store)).values()].flat();
    return new Map(packages.map(({ name, version }) => [name, version]));
  }
}

function lost({ name, until, why }: Hold, was: readonly string[], now: string, because: string) {
  return usageError(
    'UPDATE_HOLD_LOST',
    `${name} is held at ${was.join(', ')} until ${until} (${why}), and would be ${now}: ${because}`,
    {
      next: `Hold what brings it too (\`holdfast hold image\`, or apt, apk, rpm), or release it: \`holdfast hold ${name} --release\`.`,
    },
  );
}

/** A step that fails while packages are held back, and that names one of them: what is held may be what does not fit. */
export function withHoldsNamed(error: unknown, held: readonly Hold[]): unknown {
  if (!(error instanceof HoldfastError) || error.code !== 'STEP_FAILED') return error;
  const said = [error.message, ...error.details].join('\n');
  const named = held.filter(({ name }) => said.includes(name));
  if (named.length === 0) return error;
  const { exit, message, where, details } = error;
  const names = named.map(({ name }) => name).join(', ');
  return new HoldfastError(exit, 'UPDATE_HOLD_UNSATISFIABLE', `${message}, with ${names} held back`, {
    where,
    details: [...details, ...named.map(({ name, until, why }) => `held until ${until}: ${name}: ${why}`)],
    next: `Hold what does not fit too, or release: \`holdfast hold ${named[0]?.name ?? ''} --release\`. The lock stays as it was.`,
    cause: error,
  });
}
