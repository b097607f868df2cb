import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import type { Isolation, Step } from '../index.ts';

/** A step in the tiny root file system; `script` is run by its shell. */
export interface StepRequest {
  readonly script?: string;
  readonly step?: Partial<Step>;
  readonly mounts?: readonly MountRequest[];
  readonly gateway?: boolean;
  /** Without any layer. */
  readonly scratch?: boolean;
}

/** A mount as JSON. */
export type MountRequest = { readonly target: string } & (
  | {
      readonly type: 'layers';
      /** A directory with these files; nothing for none. */
      readonly files?: Readonly<Record<string, string>>;
      readonly source?: string;
      /** `kept`: the outcome tells what was written. */
      readonly writes: 'refused' | 'discarded' | 'kept';
    }
  | { readonly type: 'tmpfs'; readonly size?: number; readonly readOnly?: boolean }
  | { readonly type: 'file'; readonly content: string; readonly mode?: number; readonly uid?: number }
  /** One that answers what it is sent. */
  | { readonly type: 'socket'; readonly mode?: number; readonly uid?: number }
);

export interface StepOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Paths in the upper directory. */
  readonly changes: readonly string[];
  readonly injected: readonly string[];
  /** Paths that mounts with `kept` writes were left with, each after its mount's number. */
  readonly kept?: readonly string[];
  /** The code of a HoldfastError. */
  readonly error?: string;
  /** Owner of a file that the runner gave to 33:42. */
  readonly owned: string;
}

export interface Account {
  readonly name: string;
  /** The command line that a program of this account starts with. */
  readonly prefix: readonly string[];
  /** `namespaces` unless given. */
  readonly isolation?: Isolation;
}

/**
 * Root, and the user with subordinate ids that HOLDFAST_TEST_USER names. Says on the console which is left out.
 */
export function testAccounts(): Account[] {
  if (process.getuid?.() !== 0) {
    console.log('skipped: tests of the sandbox as root; this is a normal user');
    return [{ name: 'this user', prefix: [] }];
  }
  const root = { name: 'root', prefix: [] };
  const user = process.env['HOLDFAST_TEST_USER'] ?? '';
  if (user === '' || spawnSync('id', [user]).status !== 0) {
    console.log('skipped: tests as a normal user; name one with subordinate ids in HOLDFAST_TEST_USER');
    return [root];
  }
  return [
    root,
    { name: 'a normal user', prefix: ['setpriv', '--reuid', user, '--regid', user, '--init-groups'] },
  ];
}

/** Removes a directory with files that steps of a normal user gave to its subordinate ids. */
export function removeTree(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch {
    spawnSync('unshare', ['--user', '--map-root-user', '--map-auto', 'rm', '-rf', directory]);
  }
}

/** A program that was bundled for this run. */
export const programPath = (name: string) => join(inject('sandboxPrograms'), `${name}.mjs`);

/** The command line of a program, started by an account. */
export function commandAs(prefix: readonly string[], ...program: string[]): [string, ...string[]] {
  const [first = process.execPath, ...rest] = [...prefix, process.execPath, ...program];
  return [first, ...rest];
}

/** The command that runs steps as an account. */
export function runnerCommand(account: Account, steps: readonly StepRequest[]): [string, ...string[]] {
  return commandAs(
    account.prefix,
    programPath('step-runner'),
    account.isolation ?? 'namespaces',
    JSON.stringify(steps),
  );
}

export async function runSteps(account: Account, steps: readonly StepRequest[]): Promise<StepOutcome[]> {
  const [file, ...args] = runnerCommand(account, steps);
  const child = spawn(file, args, { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = (await text(child.stdout)).trim().split('\n');
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as StepOutcome);
}

export async function runOne(account: Account, request: StepRequest): Promise<StepOutcome> {
  const [outcome] = await runSteps(account, [request]);
  if (outcome === undefined) throw new Error('the step was not run');
  return outcome;
}
