import { usageError } from '../core/index.ts';

/**
 * The date of a new lock, RFC 3339 in whole seconds: SOURCE_DATE_EPOCH (reproducible-builds.org) where it is set,
 * else now.
 * @throws HoldfastError SOURCE_DATE_EPOCH_INVALID (exit 2)
 */
export function lockDate(env: NodeJS.ProcessEnv, now: Date): string {
  const { SOURCE_DATE_EPOCH: text } = env;
  const seconds = text === undefined || text === '' ? Math.floor(now.getTime() / 1000) : Number(text);
  if (text !== undefined && text !== '' && !/^\d{1,11}$/.test(text)) {
    throw usageError('SOURCE_DATE_EPOCH_INVALID', `SOURCE_DATE_EPOCH is "${text.slice(0, 40)}"`, {
      next: 'Set it to seconds since 1970, or unset it.',
    });
  }
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
