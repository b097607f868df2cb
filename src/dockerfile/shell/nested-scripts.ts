import type { ShellScript } from './command.ts';
import { languageOf, readIn } from './language.ts';
import { type PlacedText, textAt } from './placed-text.ts';
import type { Argument } from './variables.ts';

/** The scripts that a program is given as arguments, or as lines of a here-document. */
export function nestedScripts(
  name: string,
  args: readonly Argument[],
  lines: readonly PlacedText[],
): readonly ShellScript[] {
  if (name === 'eval' || name === 'invoke-expression') {
    const [only, ...more] = args;
    const isOne = only !== undefined && more.length === 0 && (name === 'eval' || only.known);
    return isOne ? [readIn(name === 'eval' ? 'posix' : 'powershell', scriptIn(only))] : [];
  }
  if (name === 'su') {
    const flag = args.findIndex(({ text }) => text === '-c' || text === '--command');
    const given = flag === -1 ? undefined : args[flag + 1];
    return given === undefined ? [] : [readIn('posix', scriptIn(given))];
  }
  const language = languageOf(name);
  switch (language) {
    case 'posix':
      return posixScripts(args, lines).map(text => readIn(language, text));
    case 'powershell':
      return powerShellScripts(name, args, lines).map(text => readIn(language, text));
    case 'cmd':
      return cmdScripts(args).map(text => readIn(language, text));
    case undefined:
      return [];
  }
}

function posixScripts(args: readonly Argument[], lines: readonly PlacedText[]): readonly PlacedText[] {
  for (let at = 0; at < args.length; at++) {
    const { text } = args[at] ?? { text: '' };
    if (!/^[-+]./.test(text)) return [];
    if (/^-[a-z]*c[a-z]*$/.test(text)) {
      const given = args.slice(at + 1).find(one => !one.text.startsWith('-'));
      return given === undefined ? [] : [scriptIn(given)];
    }
    if (/^[-+][a-z]*[oO]$/.test(text)) at++;
  }
  return lines;
}

const withValue =
  /^[-/](ex\w*|ep|v|version|psconsolefile|inputformat|outputformat|w\w*|wd|configurationname|settingsfile)$/i;

/** `powershell [-Flag [value]]… [-Command] script…`; what `pwsh` is given without a flag is a file. */
function powerShellScripts(
  name: string,
  args: readonly Argument[],
  lines: readonly PlacedText[],
): readonly PlacedText[] {
  for (let at = 0; at < args.length; at++) {
    const argument = args[at];
    if (argument === undefined) break;
    const { text, word } = argument;
    if (/^[-/](c|co\w*|cwa)$/i.test(text)) return args[at + 1]?.text === '-' ? lines : behind(args, at + 1);
    if (/^[-/]f(i\w*)?$/i.test(text)) return [];
    if (/^[-/]e(c|n\w*)?$/i.test(text)) {
      const encoded = args[at + 1]?.text ?? '';
      return [textAt(Buffer.from(encoded, 'base64').toString('utf16le'), (args[at + 1]?.word ?? word).range)];
    }
    if (withValue.test(text)) at++;
    else if (text === '-') return lines;
    else if (!/^[-/]\w/.test(text)) return name.toLowerCase() === 'powershell' ? behind(args, at) : [];
  }
  return lines;
}

/** `cmd [/S]… /C command…` */
function cmdScripts(args: readonly Argument[]): readonly PlacedText[] {
  const flag = args.findIndex(({ text }) => /^\/[ck]$/i.test(text));
  return flag === -1 ? [] : behind(args, flag + 1);
}

/** All that is written from an argument on; several are put together by the shell that is given them. */
function behind(args: readonly Argument[], at: number): readonly PlacedText[] {
  const first = args[at];
  const last = args.at(-1);
  if (first === undefined || last === undefined) return [];
  return [first === last ? scriptIn(first) : first.word.through(last.word)];
}

function scriptIn({ word, text }: Argument): PlacedText {
  return word.asScript(text);
}
