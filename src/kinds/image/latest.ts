import { failureOf, lookUpOf, type LatestContext, type LockedInput, type LookUp } from '../latest.ts';

/** What each reference's tag names now, by the digest of its index or manifest. */
export async function latestImages(
  inputs: readonly LockedInput[],
  { resolveImage }: LatestContext,
): Promise<LookUp[]> {
  return Promise.all(
    inputs.map(async ({ name, version }): Promise<LookUp> => {
      // A reference with a digest names nothing else, ever; a layout is of the project itself.
      if (name.includes('@sha256:') || name.startsWith('oci-layout://')) return lookUpOf(version);
      try {
        const now = await resolveImage(name);
        return now === undefined
          ? { state: 'gone', why: `nothing goes by the name ${name} any more` }
          : lookUpOf(now);
      } catch (error) {
        return failureOf(error);
      }
    }),
  );
}
