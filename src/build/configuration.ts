import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { errnoOf, messageOf, usageError } from '../core/index.ts';

/** `holdfast.yaml`: what a project settles once for all who build it. */
export interface Configuration {
  /** URLs of what could not be locked and may be done without, in a build from the lock too. */
  readonly allowUnlocked: readonly string[];
}

export const configurationName = 'holdfast.yaml';

const schema = z.strictObject({
  unlocked: z.strictObject({ allow: z.array(z.string()).optional() }).optional(),
});

/**
 * The configuration at `path`; the usual one where there is no such file.
 * @throws HoldfastError CONFIGURATION_INVALID (exit 2)
 */
export async function readConfiguration(path: string): Promise<Configuration> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw invalid(messageOf(error));
  });
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) throw invalid(fault.message.split('\n')[0] ?? 'no YAML');
  const read = schema.safeParse(document.toJS() ?? {});
  if (read.success) return { allowUnlocked: read.data.unlocked?.allow ?? [] };
  const [issue] = read.error.issues;
  throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

const invalid = (cause: string) =>
  usageError('CONFIGURATION_INVALID', `${configurationName}: ${cause}`, {
    next: 'See docs/lockfile.md for what may stand in it.',
  });
