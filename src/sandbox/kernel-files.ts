import { readFileSync } from 'node:fs';
import { insideUserNamespace } from './namespaces.ts';
import { runTool } from './run-tool.ts';
import { findTools } from './tools.ts';

let tried: Promise<boolean> | undefined;

/**
 * Whether a step can have a /proc and /sys of its own. The kernel refuses them to a user namespace where a container's
 * are masked in part: what is masked would be seen again.
 */
export function canMountKernelFiles(): Promise<boolean> {
  if (!insideUserNamespace() || !isPartlyCovered()) return Promise.resolve(true);
  return (tried ??= tryMount());
}

/** Whether anything lies over a part of /proc, but for what every system mounts there. */
function isPartlyCovered(): boolean {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const covered = mounts.map(line => line.split(' ')[4] ?? '').filter(path => path.startsWith('/proc/'));
  return covered.some(path => path !== '/proc/sys/fs/binfmt_misc');
}

async function tryMount(): Promise<boolean> {
  const { unshare, mount } = findTools(['unshare', 'mount']);
  const namespaces = ['--mount', '--propagation=private', '--pid', '--fork', '--'];
  return (await runTool(unshare, [...namespaces, mount, '-n', '-t', 'proc', 'proc', '/proc'])).ok;
}
