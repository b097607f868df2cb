import { HoldfastError } from './errors.ts';

/** What `read` gives; nothing where it finds a mistake that somebody else tells of. */
export function ifSound<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof HoldfastError) return undefined;
    throw error;
  }
}
