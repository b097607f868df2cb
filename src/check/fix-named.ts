import { contextOf, type NamedFile } from './check-files.ts';
import type { LockedInputs } from './locked-inputs.ts';
import { isComposeFile } from './discover.ts';
import { fixText, type Fixed } from './fix-text.ts';
import { mendedOnline, type FixedOnline, type LookUp } from './look-up.ts';
import { readLockedInputs } from './project.ts';
import type { RuleContext } from './rule.ts';
import type { CheckSettings } from './settings.ts';

export interface FixEffects {
  readonly lookUp?: LookUp | undefined;
  /** Of what a lock holds that which may be written into a file. */
  readonly written?: (locked: LockedInputs) => LockedInputs;
}

/**
 * Mends a file, a Dockerfile or a compose file, of which the text has been read; with a way to look things up, what no
 * lock holds as well. @throws HoldfastError as `parseLock` does
 */
export async function fixNamed(
  text: string,
  { path, name }: NamedFile,
  settings: CheckSettings,
  { lookUp, written = locked => locked }: FixEffects = {},
): Promise<FixedOnline> {
  const locked = await readLockedInputs(path);
  const context = contextOf(path, locked && written(locked));
  const mend = await mendingOf(text, { path, name }, settings);
  return lookUp === undefined ? { ...mend(context), failed: [] } : mendedOnline(context, lookUp, mend);
}

async function mendingOf(
  text: string,
  { path, name }: NamedFile,
  settings: CheckSettings,
): Promise<(context: RuleContext) => Fixed> {
  if (!isComposeFile(path)) return context => fixText(text, name, settings, context);
  const { fixCompose } = await import('./compose.ts');
  return context => fixCompose(text, name, settings, context, path);
}
