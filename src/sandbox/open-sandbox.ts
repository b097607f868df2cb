import { chrootSandbox } from './chroot/chroot-sandbox.ts';
import { namespaceSandbox } from './namespaced.ts';
import type { Isolation, Sandbox } from './sandbox.ts';

/**
 * Call it in the process that runs the steps: `enterNamespaces` comes before.
 * @param directory for what is kept between steps, on the file system of the layers; made if it is needed.
 */
export function openSandbox(isolation: Isolation, directory: string): Sandbox {
  switch (isolation) {
    case 'namespaces':
    case 'single-id':
      return namespaceSandbox(isolation);
    case 'chroot':
      return chrootSandbox(directory);
  }
}
