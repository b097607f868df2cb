import type { z } from 'zod';
import { integrityError, messageOf } from '../core/index.ts';

/** Registries limit manifests to 4 MiB (distribution-spec, "Pushing Manifests"); configs are smaller still. */
const largestJson = 4 * 1024 * 1024;
const deepest = 64;

export interface JsonErrors {
  /** For messages: `manifest`, `image config`. */
  readonly what: string;
  readonly code: string;
}

/**
 * Parses JSON that anybody may have written: limited in size and depth, checked against a schema. Members that the
 * schema does not name pass through where it is loose.
 * @throws HoldfastError with the given code (exit 4)
 */
export function parseHostileJson<T>(
  bytes: Uint8Array | string,
  schema: z.ZodType<T>,
  { what, code }: JsonErrors,
): T {
  const fail = (cause: string, error?: unknown) =>
    integrityError(code, `The ${what} ${cause}`, {
      next: 'Use another image, or have its publisher repair it.',
      cause: error,
    });
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  if (buffer.byteLength > largestJson) throw fail(`is larger than ${largestJson} bytes`);
  const text = new TextDecoder().decode(buffer);
  if (depthOf(text) > deepest) throw fail(`is nested deeper than ${deepest} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fail(`is not JSON: ${messageOf(error)}`, error);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0] ?? { path: [], message: 'invalid' };
  throw fail(`is malformed${path.length > 0 ? ` at ${path.join('.')}` : ''}: ${message}`, result.error);
}

/** How deep brackets nest, not counting those within strings. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString && character === '\\') at++;
    else if (character === '"') inString = !inString;
    else if (!inString && (character === '[' || character === '{')) most = Math.max(most, ++depth);
    else if (!inString && (character === ']' || character === '}')) depth--;
  }
  return most;
}
