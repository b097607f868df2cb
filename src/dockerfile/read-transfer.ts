import { type HoldfastError, usageError } from '../core/index.ts';
import { heredocWord } from './heredoc.ts';
import type { AddInstruction, CopyInstruction, InlineFile } from './instructions.ts';
import type { Word } from './mapped-text.ts';
import { argumentsError, excerpt } from './problems.ts';
import { commonOf, flagsOf, type Reading } from './read-base.ts';

const shared = { chown: 'value', chmod: 'value', link: 'switch', exclude: 'values' } as const;

export function readCopy(reading: Reading): CopyInstruction {
  const flags = flagsOf(reading, { ...shared, from: 'value', parents: 'switch' });
  const [chown, chmod, from] = [flags.value('chown'), flags.value('chmod'), flags.value('from')];
  if (from?.text.includes('$')) throw variableInFrom(reading, from);
  return {
    keyword: 'COPY',
    ...commonOf(reading),
    ...sourcesAndDestination(reading),
    ...(chown && { chown }),
    ...(chmod && { chmod }),
    ...(from && from.text !== '' && { from }),
    link: flags.switch('link') ?? false,
    parents: flags.switch('parents') ?? false,
    exclude: flags.values('exclude'),
  };
}

export function readAdd(reading: Reading): AddInstruction {
  const flags = flagsOf(reading, {
    ...shared,
    checksum: 'value',
    'keep-git-dir': 'switch',
    unpack: 'switch',
  });
  const [chown, chmod, checksum] = [flags.value('chown'), flags.value('chmod'), flags.value('checksum')];
  const [keepGitDir, unpack] = [flags.switch('keep-git-dir'), flags.switch('unpack')];
  return {
    keyword: 'ADD',
    ...commonOf(reading),
    ...sourcesAndDestination(reading),
    ...(chown && { chown }),
    ...(chmod && { chmod }),
    ...(checksum && checksum.text !== '' && { checksum }),
    ...(keepGitDir !== undefined && { keepGitDir }),
    ...(unpack !== undefined && { unpack }),
    link: flags.switch('link') ?? false,
    exclude: flags.values('exclude'),
  };
}

interface SourcesAndDestination {
  readonly sources: readonly Word[];
  readonly files: readonly InlineFile[];
  readonly destination: Word;
}

function sourcesAndDestination(reading: Reading): SourcesAndDestination {
  const { syntax } = reading;
  const destination = syntax.words.at(-1);
  if (destination === undefined || syntax.words.length < 2) {
    throw argumentsError(
      syntax.line.where(),
      `${syntax.keyword} needs at least one source and a destination`,
      `Write ${syntax.keyword} SOURCE… DESTINATION.`,
    );
  }
  if (heredocWord(destination.text) !== undefined) {
    throw heredocError(reading, destination, `${syntax.keyword} cannot have a heredoc for its destination`);
  }
  // Where two heredocs have one name, BuildKit gives both the content of the second.
  const byName = new Map(reading.heredocs.map(heredoc => [heredoc.name, heredoc]));
  const sources: Word[] = [];
  const files: InlineFile[] = [];
  for (const word of syntax.words.slice(0, -1)) {
    const announced = heredocWord(word.text);
    if (announced === undefined) {
      sources.push(word);
      continue;
    }
    const heredoc = byName.get(announced.name);
    if (heredoc === undefined)
      throw heredocError(reading, word, `the heredoc "${excerpt(word.text)}" has no body`);
    files.push({ path: heredoc.name, content: heredoc.content, expand: announced.expand });
  }
  return { sources, files, destination };
}

function heredocError(reading: Reading, word: Word, message: string): HoldfastError {
  return usageError('DOCKERFILE_HEREDOC', message, {
    where: reading.source.where(word.range.start),
    next: `Write ${reading.syntax.keyword} <<NAME DESTINATION, not as a JSON array, and the lines below it.`,
  });
}

/** As in BuildKit: the stages to build are chosen before any variable has a value. */
function variableInFrom(reading: Reading, from: Word): HoldfastError {
  return usageError('DOCKERFILE_FLAG_VALUE', `--from cannot hold variables: "${excerpt(from.text)}"`, {
    where: reading.source.where(from.range.start),
    next: 'Give the image a stage of its own (FROM $IMAGE AS name) and copy from that.',
  });
}
