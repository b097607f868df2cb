import { namespaceSandbox } from './namespaced.ts';
import type { Isolation, Sandbox } from './sandbox.ts';

/** Call it in the process that runs the steps: `enterNamespaces` comes before. */
export function openSandbox(isolation: Isolation): Sandbox {
  switch (isolation) {
    case 'namespaces':
      return namespaceSandbox();
  }
}
