import { usageError } from '../../core/index.ts';

export function networkError(cause: string): Error {
  return usageError('SANDBOX_NETWORK_FAILED', `cannot set up the network of the build: ${cause}`, {
    next: 'Run `holdfast doctor`, which tells what steps can have here.',
  });
}
