import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandAs, programPath, testAccounts } from '../testing/steps.ts';
import { findTools } from '../tools.ts';

const program = `
  import { probeSandbox } from ${JSON.stringify(programPath('sandbox'))};
  console.log(JSON.stringify(await probeSandbox('namespaces').catch(({ code, exit, message, next }) => ({ code, exit, message, next }))));`;

function probe(...prefix: string[]): unknown {
  const [file, ...args] = commandAs(prefix, '--input-type=module', '-e', program);
  return JSON.parse(execFileSync(file, args, { cwd: '/', stdio: 'pipe' }).toString());
}

describe.each(testAccounts())('the probe as $name', account => {
  test('finds namespaces', () => {
    const who = account.name === 'root' ? 'root' : 'a normal user with subordinate ids';
    const summary = `namespaces and overlayfs, as ${who}`;
    expect(probe(...account.prefix)).toEqual({ isolation: 'namespaces', summary, notes: [] });
  });
  if (account.name !== 'root') return;

  test('says what is wrong where it cannot work', () => {
    expect(probe('setpriv', '--bounding-set=-all')).toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      exit: 2,
      message: expect.stringContaining(
        'root of this container may not make namespaces here: ids cannot be mapped',
      ),
    });
    expect(probe('unshare', '--user', '--map-root-user')).toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      message: expect.stringContaining('single id'),
    });
    expect(probe('setpriv', '--reuid=64999', '--regid=64999', '--clear-groups')).toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      next: expect.any(String),
    });
  });
});

test('missing tools are named with their packages', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-tools-'));
  mkdirSync(join(directory, 'bin'));
  try {
    findTools(['ip', 'unshare', 'nsenter'], [join(directory, 'bin')]);
    expect.unreachable();
  } catch (thrown) {
    expect(thrown).toMatchObject({
      code: 'SANDBOX_TOOL_MISSING',
      exit: 2,
      message: 'the sandbox needs ip, unshare, nsenter, not found on this machine',
      next: "Install the Debian packages iproute2 util-linux or your system's equivalent.",
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
