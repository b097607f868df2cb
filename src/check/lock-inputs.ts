import { isDigest } from '../core/index.ts';
import { parseLock, type InputLine, type Lock } from '../lock/index.ts';
import { formatReference, parseReference, withDefaultTag } from '../registry/index.ts';
import type { LockedInputs } from './locked-inputs.ts';

/** @throws HoldfastError as `parseLock` does */
export function lockedInputs(text: string, file: string): LockedInputs {
  return lockedInputsOf(parseLock(text, file));
}

export function lockedInputsOf({ inputs, builds }: Pick<Lock, 'inputs' | 'builds'>): LockedInputs {
  const linesOf = (name: string | undefined) =>
    name === undefined ? [] : inputs.image.filter(line => canonical(String(line['reference'])) === name);
  return {
    builds: dockerfile =>
      builds
        .filter(build => build.dockerfile === dockerfile)
        .map(({ target, args = {} }) => ({ target, hasArguments: Object.keys(args).length > 0 })),
    hasImage: reference => {
      const name = canonical(reference);
      return linesOf(name).length > 0 || frontendDigest(builds, name) !== undefined;
    },
    imageDigest: reference => {
      const name = canonical(reference);
      const lines = linesOf(name);
      const digests = [...new Set(lines.map(line => line['index'] ?? line['manifest']))];
      // Platforms that disagree have no digest in common.
      const [digest = frontendDigest(builds, name)] = digests;
      return digests.length <= 1 && isDigest(digest) ? digest : undefined;
    },
    fileDigest: url => {
      const digests = uniqueText(
        inputs.file.filter(
          line => line['url'] === url && line['method'] === undefined && line['status'] === undefined,
        ),
        'sha256',
      );
      return digests.length === 1 ? digests[0] : undefined;
    },
    commit: (url, ref) => {
      const plain = (text: unknown) => String(text).replace(/\.git$/, '');
      const lines = inputs.git.filter(line => plain(line['url']) === plain(url) && fits(line['ref'], ref));
      const commits = uniqueText(lines, 'commit');
      return commits.length === 1 ? commits[0] : undefined;
    },
  };
}

/** The digest of a frontend stands behind its name. */
function frontendDigest(builds: Lock['builds'], name: string | undefined): string | undefined {
  for (const { syntax = '' } of builds) {
    const [named = '', digest] = syntax.split('@');
    if (digest !== undefined && name !== undefined && canonical(named) === name) return digest;
  }
  return undefined;
}

function fits(locked: unknown, asked: string | undefined): boolean {
  if (asked === undefined || locked === undefined) return asked === undefined;
  return locked === asked || locked === `refs/heads/${asked}` || locked === `refs/tags/${asked}`;
}

function uniqueText(lines: readonly InputLine[], member: string): string[] {
  const values = lines.map(line => line[member]).filter(value => typeof value === 'string');
  return [...new Set(values)];
}

function canonical(reference: string): string | undefined {
  try {
    return formatReference(withDefaultTag(parseReference(reference)));
  } catch {
    return undefined;
  }
}
