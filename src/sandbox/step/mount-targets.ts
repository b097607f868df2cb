import { posix } from 'node:path';
import { stepError } from '../../core/index.ts';
import { resolveInRoot } from '../paths.ts';
import type { Ground } from './grounds.ts';
import type { StepMount } from './step-types.ts';

/** Parents first. Of mounts with the same target the last one is meant. */
export function inOrder(mounts: readonly StepMount[]): StepMount[] {
  const byTarget = new Map(
    mounts.map(mount => {
      const target = posix.resolve('/', mount.target);
      return [target, { ...mount, target }] as const;
    }),
  );
  return [...byTarget.values()].toSorted((a, b) => (`${a.target}/` < `${b.target}/` ? -1 : 1));
}

/** What a path leads to: as it is written, the innermost mount that holds it; else what the image's links lead to. */
export function groundOf(
  target: string,
  image: string,
  grounds: readonly { readonly target: string; readonly at: string; readonly ground: Ground }[],
): { readonly ground: Ground; readonly at: string; readonly rest: string } {
  const written = innermost(grounds.filter(one => one.target !== '/' && isWithin(target, one.target)));
  if (written !== undefined) return { ...written, rest: target.slice(written.target.length) || '/' };
  const resolved = resolveInRoot(image, target);
  const holder = innermost(grounds.filter(({ at }) => isWithin(resolved, at)));
  if (holder === undefined) throw new TypeError('everything is within the root');
  return { ...holder, rest: posix.join('/', resolved.slice(holder.at.length)) };
}

function innermost<One extends { readonly at: string }>(grounds: readonly One[]): One | undefined {
  return grounds.toSorted((a, b) => b.at.length - a.at.length)[0];
}

export function isWithin(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

export function overTarget(target: string): Error {
  return stepError('SANDBOX_MOUNT_TARGET', `nothing can be mounted over ${target}`, {
    next: 'Name a target below it.',
  });
}

export function missingSource(source: string, target: string): Error {
  return stepError('SANDBOX_MOUNT_SOURCE', `there is no ${source} in what is to be mounted at ${target}`, {
    next: 'Correct the source of the mount.',
  });
}
