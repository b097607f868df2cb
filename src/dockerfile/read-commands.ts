import { type HoldfastError, usageError } from '../core/index.ts';
import { type Heredoc, heredocWord } from './heredoc.ts';
import type {
  CmdInstruction,
  Command,
  EntrypointInstruction,
  HealthcheckInstruction,
  RunInstruction,
  Script,
} from './instructions.ts';
import { type MappedText, TextJoiner, type Word } from './mapped-text.ts';
import { readDevice, readMount } from './mounts.ts';
import { argumentsError, excerpt } from './problems.ts';
import { parseDuration } from './quantities.ts';
import { commonOf, flagsOf, type Reading, refuseFlags } from './read-base.ts';

export function readRun(reading: Reading): RunInstruction {
  const flags = flagsOf(reading, { mount: 'values', network: 'value', security: 'value', device: 'values' });
  const command = scriptOf(reading) ?? commandOf(reading);
  if (command.form === 'exec' && command.words.length === 0) {
    throw argumentsError(reading.syntax.line.where(), 'RUN [] runs nothing', 'Name a program.');
  }
  return {
    keyword: 'RUN',
    ...commonOf(reading),
    command,
    mounts: flags.parts('mount').map(readMount),
    network: oneOf(reading, 'network', flags.value('network'), ['default', 'none', 'host']),
    security: oneOf(reading, 'security', flags.value('security'), ['sandbox', 'insecure']),
    devices: flags.parts('device').map(readDevice),
  };
}

export function readCmd(reading: Reading): CmdInstruction {
  refuseFlags(reading);
  return { keyword: 'CMD', ...commonOf(reading), command: commandOf(reading) };
}

export function readEntrypoint(reading: Reading): EntrypointInstruction {
  refuseFlags(reading);
  return { keyword: 'ENTRYPOINT', ...commonOf(reading), command: commandOf(reading) };
}

export function readHealthcheck(reading: Reading): HealthcheckInstruction {
  const { syntax } = reading;
  const flags = flagsOf(reading, {
    interval: 'value',
    timeout: 'value',
    'start-period': 'value',
    'start-interval': 'value',
    retries: 'value',
  });
  const type = syntax.type?.text.toUpperCase();
  if (type === 'NONE' && syntax.words.length === 0) return { keyword: 'HEALTHCHECK', ...commonOf(reading) };
  if (type !== 'CMD' || syntax.words.length === 0) {
    throw argumentsError(
      syntax.line.where(),
      'HEALTHCHECK takes CMD with a command, or NONE alone',
      'Write HEALTHCHECK CMD and the command, or HEALTHCHECK NONE.',
    );
  }
  return {
    keyword: 'HEALTHCHECK',
    ...commonOf(reading),
    check: {
      command: commandOf(reading),
      interval: nanoseconds(reading, 'interval', flags.value('interval')),
      timeout: nanoseconds(reading, 'timeout', flags.value('timeout')),
      startPeriod: nanoseconds(reading, 'start-period', flags.value('start-period')),
      startInterval: nanoseconds(reading, 'start-interval', flags.value('start-interval')),
      retries: retries(reading, flags.value('retries')),
    },
  };
}

function commandOf({ syntax, heredocs, source }: Reading): Command {
  if (syntax.form === 'json') return { form: 'exec', words: syntax.words };
  const text = syntax.type === undefined ? syntax.rest : afterType(syntax.rest, syntax.words);
  if (heredocs.length === 0) return { form: 'shell', text };
  // The shell reads these itself: the line, then for each the body and the terminator.
  const joined = new TextJoiner(source);
  joined.addMapped(text);
  for (const { raw, name } of heredocs) {
    const begin = raw.offsetOf(0);
    joined.addSynthetic('\n', begin - 1);
    joined.addMapped(raw);
    joined.addSynthetic(name, begin + raw.text.length);
  }
  return { form: 'shell', text: joined.finish(text.offsetOf(0)) };
}

/** HEALTHCHECK's command is the end of what follows its flags. */
function afterType(rest: MappedText, [word]: readonly Word[]): MappedText {
  return rest.slice(rest.text.length - (word?.text.length ?? 0));
}

function scriptOf({ syntax, heredocs }: Reading): Script | undefined {
  const [heredoc]: readonly (Heredoc | undefined)[] = heredocs;
  if (heredoc === undefined || heredocWord(syntax.rest.text) === undefined) return undefined;
  const text = heredoc.content;
  return { form: 'script', text, name: heredoc.name, shebang: text.text.startsWith('#!') };
}

function oneOf<Value extends string>(
  reading: Reading,
  name: string,
  given: Word | undefined,
  allowed: readonly [Value, ...Value[]],
): Value {
  if (given === undefined) return allowed[0];
  const found = allowed.find(value => value === given.text);
  if (found !== undefined) return found;
  throw badValue(reading, name, given, `Use one of ${allowed.join(', ')}.`);
}

function nanoseconds(reading: Reading, name: string, given: Word | undefined): number {
  if (given === undefined || given.text === '') return 0;
  const duration = parseDuration(given.text);
  // Docker takes no time that is shorter than a millisecond.
  if (duration !== undefined && (duration === 0 || duration >= 1e6)) return duration;
  throw badValue(
    reading,
    name,
    given,
    'Write a duration of a millisecond or more, for example 30s or 1m30s.',
  );
}

function retries(reading: Reading, given: Word | undefined): number {
  if (given === undefined || given.text === '') return 0;
  if (/^\+?\d{1,10}$/.test(given.text) && Number(given.text) < 2 ** 31) return Number(given.text);
  throw badValue(reading, 'retries', given, 'Write a number.');
}

function badValue(reading: Reading, name: string, given: Word, next: string): HoldfastError {
  return usageError('DOCKERFILE_FLAG_VALUE', `--${name} cannot be "${excerpt(given.text)}"`, {
    where: reading.source.where(given.range.start),
    next,
  });
}
