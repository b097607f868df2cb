import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Mounter } from './helper/mounter.ts';
import { insideUserNamespace } from './namespaces.ts';
import { openStepNetwork } from './network/network.ts';
import { runConnected } from './network/run-connected.ts';
import { mountOverlay, unmount } from './overlay.ts';
import type { Sandbox } from './sandbox.ts';
import { runStep } from './step/step.ts';

/** Namespaces and overlayfs. Works inside of what `enterNamespaces` makes. */
export function namespaceSandbox(isolation: 'namespaces' | 'single-id'): Sandbox {
  const mounter = new Mounter();
  return {
    isolation,
    userxattr: insideUserNamespace(),
    keepsOwners: isolation === 'namespaces',
    runStep,
    withView: (...view) => withView(mounter, ...view),
    changed: (...change) => changed(mounter, ...change),
    async openNetwork({ ports, serve }) {
      const network = await openStepNetwork({ ports });
      serve(network.listeners);
      return network;
    },
    runConnected,
    close: () => mounter.close(),
  };
}

async function withView<Result>(
  mounter: Mounter,
  lowers: readonly string[],
  work: string,
  use: (view: string) => Promise<Result>,
): Promise<Result> {
  const view = join(work, 'view');
  await mkdir(view, { mode: 0o755 });
  if (lowers.length === 0) return use(view);
  await mountOverlay({ lowers, target: view }, mounter);
  try {
    return await use(view);
  } finally {
    await unmount(view, mounter);
  }
}

async function changed(
  mounter: Mounter,
  lowers: readonly string[],
  work: string,
  change: (root: string) => Promise<void>,
): Promise<string> {
  const [upper, overlayWork, root] = ['upper', 'overlay-work', 'root'].map(name => join(work, name)) as [
    string,
    string,
    string,
  ];
  for (const directory of [upper, overlayWork, root]) await mkdir(directory, { mode: 0o755 });
  await mountOverlay({ lowers, upper, work: overlayWork, target: root, volatile: true }, mounter);
  try {
    await change(root);
  } finally {
    await unmount(root, mounter);
  }
  return upper;
}
