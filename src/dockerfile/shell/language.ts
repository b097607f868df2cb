import type { ShellScript } from './command.ts';
import type { PlacedText } from './placed-text.ts';
import { readCmd } from './read-cmd.ts';
import { readPowerShell } from './read-powershell.ts';
import { readScript } from './read-script.ts';

/** A language that commands are written in. None is ever given to the reader of another. */
type Language = 'posix' | 'powershell' | 'cmd';

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'mksh', 'zsh']);

/** Whether a program of this name reads scripts in the language that `readScript` reads. */
export function isPosixShell(name: string): boolean {
  return shells.has(name);
}

/** The language of the scripts that a program of this name reads; nothing for other programs. */
export function languageOf(name: string): Language | undefined {
  if (isPosixShell(name)) return 'posix';
  const small = name.toLowerCase();
  if (small === 'powershell' || small === 'pwsh' || small === 'pwsh-preview') return 'powershell';
  return small === 'cmd' ? 'cmd' : undefined;
}

/** The commands of a text. Never throws. */
export function readIn(language: Language, text: PlacedText): ShellScript {
  switch (language) {
    case 'posix':
      return readScript(text);
    case 'powershell':
      return readPowerShell(text);
    case 'cmd':
      return readCmd(text);
  }
}
