import { posix } from 'node:path';
import type { Step } from './step-types.ts';
import { lstatOf, resolveInRoot } from '../paths.ts';

export type Environment = Readonly<Record<string, string>>;

/** Why a command cannot be started, or undefined if it can, in the words that Docker's users know. */
export function missingCommand(root: string, step: Pick<Step, 'argv' | 'env' | 'cwd' | 'files'>) {
  const name = step.argv[0] ?? '';
  const exists = (path: string) =>
    lstatOf(root + resolveInRoot(root, posix.resolve(step.cwd, path)))?.isFile();
  if (step.files?.some(({ path }) => path === name) === true) return undefined;
  if (name.includes('/')) return exists(name) ? undefined : `"${name}": no such file in the image`;
  const directories = (step.env['PATH'] ?? '/bin:/usr/bin').split(':');
  if (name !== '' && directories.some(directory => exists(posix.join(directory || '.', name))))
    return undefined;
  return `"${name}": executable file not found in $PATH`;
}

/** These steer the loader, the C library and its converters, and so whatever is started with them. */
export const loaderVariable = /^(?:LD_.*|GLIBC_.*|MALLOC_.*|GCONV_PATH|LOCPATH|NLSPATH)$/;
