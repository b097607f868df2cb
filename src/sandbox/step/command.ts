import { posix } from 'node:path';
import { stepError } from '../../core/index.ts';
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

/** These steer the loader, the C library and its converters, and so also the host's tools that start the command. */
export const loaderVariable = /^(?:LD_.*|GLIBC_.*|MALLOC_.*|GCONV_PATH|LOCPATH|NLSPATH)$/;

/**
 * Splits what the step's environment may be set to before the host's tools change into the image, and a command
 * line that has a program of the image set the rest.
 * @throws HoldfastError SANDBOX_ENVIRONMENT (exit 6) if the image has no program that could.
 */
export function splitEnvironment(root: string, argv: readonly string[], env: Environment) {
  const entries = Object.entries(env);
  const late = entries
    .filter(([name]) => loaderVariable.test(name))
    .map(([name, value]) => `${name}=${value}`);
  const early = entries
    .filter(([name]) => !loaderVariable.test(name))
    .map(([name, value]) => `${name}=${value}`);
  if (late.length === 0) return { early, argv };
  const inImage = (path: string) => lstatOf(root + resolveInRoot(root, path))?.isFile() ?? false;
  const setter = ['/usr/bin/env', '/bin/env'].find(inImage);
  if (setter !== undefined) return { early, argv: [setter, ...late, ...argv] };
  if (inImage('/bin/sh'))
    return { early, argv: ['/bin/sh', '-c', exportScript(late.length), 'sh', ...late, ...argv] };
  throw stepError(
    'SANDBOX_ENVIRONMENT',
    `the image has neither env nor sh to set ${late[0]?.split('=')[0]}`,
    {
      next: 'Take the variable out of ENV, or set it in a later stage.',
    },
  );
}

function exportScript(count: number): string {
  return `${'export "$1"; shift; '.repeat(count)}exec "$@"`;
}
