import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openLoopbackNetwork } from '../chroot/loopback-network.ts';
import { hasCapability } from '../own-capabilities.ts';
import { runTool } from '../run-tool.ts';
import { chrootTools, findTools } from '../tools.ts';
import { unavailable } from './unavailable.ts';

/**
 * Tries out what a step in a copied root needs.
 * @param directory on the file system where steps will have their layers.
 * @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_NETWORK_FAILED, SANDBOX_UNAVAILABLE (exit 2)
 */
export async function tryChroot(directory: string): Promise<void> {
  const { cp } = findTools(chrootTools);
  if (process.getuid?.() !== 0) throw unavailable('only root may change its root directory', 'Run as root.');
  for (const name of ['sys_chroot', 'mknod'] as const) {
    if (hasCapability(name)) continue;
    const capability = name.toUpperCase();
    throw unavailable(
      `root of this container lacks CAP_${capability}`,
      `Give it the capability (--cap-add ${capability}).`,
    );
  }
  const scratch = mkdtempSync(join(directory, 'holdfast-probe-'));
  try {
    const copy = join(scratch, 'null');
    const { ok, complaint } = await runTool(cp, ['-a', '/dev/null', copy]);
    if (!ok || !lstatSync(copy).isCharacterDevice())
      throw unavailable(
        `devices cannot be made in ${directory}: ${complaint}`,
        'Name another directory with --cache-dir.',
      );
    const network = await openLoopbackNetwork({ ports: [], serve: () => {} });
    network.close();
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
