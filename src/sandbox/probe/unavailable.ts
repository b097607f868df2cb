import { type HoldfastError, usageError } from '../../core/index.ts';

/** Why steps cannot be isolated in some way, and what can be done. */
export function unavailable(cause: string, next: string): HoldfastError {
  return usageError('SANDBOX_UNAVAILABLE', `build steps cannot be isolated: ${cause}`, { next });
}
