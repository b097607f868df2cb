import { usageError } from '../core/index.ts';
import type {
  ArgInstruction,
  Assignment,
  EnvInstruction,
  ExposeInstruction,
  FromInstruction,
  LabelInstruction,
  MaintainerInstruction,
  ShellInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from './instructions.ts';
import type { MappedText, Word } from './mapped-text.ts';
import { trimSpaces } from './characters.ts';
import { argumentsError, excerpt } from './problems.ts';
import { commonOf, flagsOf, onlyWord, type Reading, refuseFlags, someWords } from './read-base.ts';
import { quotedPieces } from './words.ts';

export function readFrom(reading: Reading): FromInstruction {
  const { syntax } = reading;
  const platform = flagsOf(reading, { platform: 'value' }).value('platform');
  const [base, as, name, ...more] = syntax.words;
  const named = name !== undefined && as?.text.toUpperCase() === 'AS' && more.length === 0;
  if (base === undefined || !(named || as === undefined)) {
    throw argumentsError(
      syntax.line.where(),
      'FROM takes an image, and after it nothing or AS and a name',
      'Write FROM IMAGE or FROM IMAGE AS NAME.',
    );
  }
  return {
    keyword: 'FROM',
    ...commonOf(reading),
    base,
    ...(platform && platform.text !== '' && { platform }),
    ...(named && { name: stageName(reading, name) }),
  };
}

function stageName(reading: Reading, word: Word): string {
  const name = word.text.toLowerCase();
  if (/^[a-z][a-z0-9._-]*$/.test(name)) return name;
  throw usageError('DOCKERFILE_STAGE_NAME', `"${excerpt(word.text)}" cannot name a stage`, {
    where: reading.source.where(word.range.start),
    next: 'Begin with a letter and go on with letters, digits, dots, dashes and underscores.',
  });
}

export function readArg(reading: Reading): ArgInstruction {
  refuseFlags(reading);
  someWords(reading);
  const args = quotedPieces(reading.syntax.rest, reading.escape).map(piece => {
    const equals = piece.text.indexOf('=');
    return equals === -1 ? { name: piece.word() } : assignment(reading, piece, equals);
  });
  return { keyword: 'ARG', ...commonOf(reading), args };
}

export function readEnv(reading: Reading): EnvInstruction {
  refuseFlags(reading);
  return { keyword: 'ENV', ...commonOf(reading), variables: assignments(reading) };
}

export function readLabel(reading: Reading): LabelInstruction {
  refuseFlags(reading);
  return { keyword: 'LABEL', ...commonOf(reading), labels: assignments(reading) };
}

function assignments(reading: Reading): Assignment[] {
  const [name, value] = someWords(reading);
  if (reading.syntax.form === 'pair' && name !== undefined && value !== undefined) return [{ name, value }];
  return quotedPieces(reading.syntax.rest, reading.escape).map(piece => {
    const equals = piece.text.indexOf('=');
    if (equals !== -1) return assignment(reading, piece, equals);
    throw argumentsError(
      piece.where(),
      `"${excerpt(piece.text)}" is no NAME=value`,
      'Write NAME=value for every one, and put a value that holds spaces between quotes.',
    );
  });
}

function assignment(reading: Reading, piece: MappedText, equals: number): Assignment {
  if (equals > 0) return { name: piece.word(0, equals), value: piece.word(equals + 1) };
  const message = `${reading.syntax.keyword} has a value without a name`;
  throw argumentsError(piece.where(), message, 'Write NAME=value.');
}

export function readShell(reading: Reading): ShellInstruction {
  refuseFlags(reading);
  const shell = someWords(reading);
  if (reading.syntax.form === 'json') return { keyword: 'SHELL', ...commonOf(reading), shell };
  throw usageError('DOCKERFILE_JSON', 'SHELL takes a JSON array of strings', {
    where: reading.syntax.line.where(),
    next: 'Write SHELL ["/bin/sh", "-c"] and the like.',
  });
}

export function readVolume(reading: Reading): VolumeInstruction {
  refuseFlags(reading);
  const volumes = someWords(reading);
  const empty = volumes.find(volume => trimSpaces(volume.text) === '');
  if (empty === undefined) return { keyword: 'VOLUME', ...commonOf(reading), volumes };
  const where = reading.source.where(empty.range.start);
  throw argumentsError(where, 'VOLUME names an empty path', 'Name a path.');
}

export function readExpose(reading: Reading): ExposeInstruction {
  refuseFlags(reading);
  return { keyword: 'EXPOSE', ports: someWords(reading), ...commonOf(reading) };
}

export function readWorkdir(reading: Reading): WorkdirInstruction {
  refuseFlags(reading);
  return { keyword: 'WORKDIR', ...commonOf(reading), path: onlyWord(reading) };
}

export function readUser(reading: Reading): UserInstruction {
  refuseFlags(reading);
  return { keyword: 'USER', ...commonOf(reading), user: onlyWord(reading) };
}

export function readStopsignal(reading: Reading): StopsignalInstruction {
  refuseFlags(reading);
  return { keyword: 'STOPSIGNAL', ...commonOf(reading), signal: onlyWord(reading) };
}

export function readMaintainer(reading: Reading): MaintainerInstruction {
  refuseFlags(reading);
  return { keyword: 'MAINTAINER', ...commonOf(reading), maintainer: onlyWord(reading) };
}
