import type { RunInstruction } from '../instructions.ts';
import type { ShellScript } from './command.ts';
import { ShellWord } from './command.ts';
import { languageOf, readIn } from './language.ts';
import { textAt } from './placed-text.ts';
import { programName } from './wrappers.ts';

/**
 * What a RUN does, as far as it is written in the language of POSIX shells, of PowerShell or of cmd.
 * @param shell the words of the SHELL that is in force; nothing for the default one of Linux images.
 */
export function scriptOfRun(
  { command }: Pick<RunInstruction, 'command'>,
  shell: readonly string[] | undefined,
): ShellScript {
  if (command.form === 'exec') return execScript(command.words);
  if (command.form === 'script' && command.shebang) {
    const interpreter = interpreterOf(command.text.text);
    const language = languageOf(interpreter);
    if (language !== undefined) return readIn(language, command.text);
    return { commands: [], unread: `it is a script for ${interpreter || 'an unknown program'}` };
  }
  const program = shell?.[0] === undefined ? 'sh' : programName(shell[0]).toLowerCase();
  const language = languageOf(program);
  if (language === undefined)
    return { commands: [], unread: `it is written for the shell ${program || '""'}` };
  return readIn(language, command.text);
}

/** The program's name in `#!/usr/bin/env -S name` or `#!/bin/name`. */
function interpreterOf(script: string): string {
  const [, line = ''] = /^#!\s*([^\r\n]*)/.exec(script) ?? [];
  const words = line.split(/\s+/).map(word => programName(word));
  return (words[0] === 'env' ? words.find((word, at) => at > 0 && !word.startsWith('-')) : words[0]) ?? '';
}

/** The exec form is one simple command whose words are known. */
function execScript(words: RunInstruction['words']): ShellScript {
  const [first] = words;
  const last = words.at(-1);
  if (first === undefined || last === undefined) return { commands: [] };
  const { end, endLine, endColumn } = last.range;
  const range = { ...first.range, end, endLine, endColumn };
  const shellWords = words.map(({ text, range: place }) => {
    return new ShellWord(textAt(text, place), 0, text.length, [{ type: 'text', text }]);
  });
  return {
    commands: [
      {
        words: shellWords,
        assignments: [],
        redirects: [],
        range,
        input: [],
        certain: true,
        substituted: false,
        apart: false,
      },
    ],
  };
}
