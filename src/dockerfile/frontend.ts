import type { Directives } from './directives.ts';

/** The Dockerfile syntax that this parser reads: docker/dockerfile's version. */
export const syntaxVersion = '1.20';

/** The image that `# syntax=` names; a command line may follow it. */
export function frontendOf({ syntax }: Pick<Directives, 'syntax'>): string | undefined {
  return syntax?.text.split(/\s/, 1)[0];
}

/**
 * What a reader should know of the frontend that a file asks for, since it is this program that reads the file:
 * that it speaks a newer version, or is another frontend than Docker's. Nothing where neither is known.
 */
export function frontendNotice(reference: string): string | undefined {
  const [name = '', tag = ''] = reference.replace(/@.*$/, '').split(/:(?=[^/]*$)/);
  if (reference === 'dockerfile.v0') return undefined; // BuildKit's name for its own.
  if (!/(^|\/)docker\/dockerfile(-upstream)?$/.test(name))
    return `the frontend ${reference} is not run: the file is read as Dockerfile ${syntaxVersion}`;
  const [, major, minor = '0'] = /^(\d+)(?:\.(\d+))?/.exec(tag) ?? [];
  const [ownMajor = 0, ownMinor = 0] = syntaxVersion.split('.').map(Number);
  const newer = Number(major) > ownMajor || (Number(major) === ownMajor && Number(minor) > ownMinor);
  return newer
    ? `the file asks for ${reference}: it is read as Dockerfile ${syntaxVersion}, which may lack what is new there`
    : undefined;
}
