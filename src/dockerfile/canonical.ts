import type { Json } from '../core/index.ts';
import type { Flag } from './flags.ts';
import type { FromInstruction, Instruction } from './instructions.ts';
import type { Word } from './mapped-text.ts';
import type { Dockerfile } from './parse.ts';

/**
 * An instruction as one line of text for an image's history and for people: keyword in capitals, flags, operands one
 * blank apart, and for heredocs their bodies as a JSON array behind ` # `. What a shell is to read keeps its blanks.
 * Equal wherever `instructionForm` is equal.
 */
export function canonicalInstruction(instruction: Instruction | FromInstruction): string {
  if (instruction.keyword === 'ONBUILD') return `ONBUILD ${canonicalInstruction(instruction.trigger)}`;
  const { keyword, flags, form, heredocs } = instruction;
  const type = keyword === 'HEALTHCHECK' ? [instruction.check === undefined ? 'NONE' : 'CMD'] : [];
  const texts = operandsOf(instruction);
  const operands = form === 'json' ? [JSON.stringify(texts)] : texts;
  const bodies = heredocs.length === 0 ? [] : [`# ${JSON.stringify(heredocs.map(({ raw }) => raw.text))}`];
  return [[keyword], flags.map(flagText), type, operands, bodies].flat().join(' ');
}

/**
 * All that can make a difference to the image and to what the build asks of the network, and nothing else: comments,
 * line ends, empty lines, where lines are continued, blanks between words and the case of keywords do not show.
 * Blanks in what a shell is to read do, and line ends in heredocs too: they reach the container.
 */
export function checksumForm(dockerfile: Dockerfile): Json {
  const { directives, metaArgs, stages } = dockerfile;
  return {
    escape: directives.escape,
    syntax: directives.syntax?.text,
    metaArgs: metaArgs.map(instructionForm),
    stages: stages.map(({ from, instructions }) => [from, ...instructions].map(instructionForm)),
  };
}

/** One instruction's part of `checksumForm`. It is injective, so that a step's cache key can be made of it. */
export function instructionForm(instruction: Instruction | FromInstruction): Json {
  const { keyword, flags, form, heredocs } = instruction;
  // The image keeps the trigger's own text, so every blank of it shows.
  if (instruction.keyword === 'ONBUILD') return { keyword, trigger: instruction.expression };
  return {
    keyword,
    flags: flags.map(({ name, value }) => (value === undefined ? [name] : [name, value.text])),
    none: keyword === 'HEALTHCHECK' && instruction.check === undefined ? true : undefined,
    form,
    words: operandsOf(instruction),
    heredocs: heredocs.map(({ raw }) => raw.text),
  };
}

function operandsOf(instruction: Exclude<Instruction | FromInstruction, { keyword: 'ONBUILD' }>): string[] {
  const texts = instruction.words.map(({ text }: Word) => text);
  if (instruction.keyword !== 'FROM' || instruction.name === undefined) return texts;
  return [instruction.base.text, 'AS', instruction.name];
}

function flagText({ name, value }: Flag): string {
  if (value === undefined) return `--${name}`;
  return `--${name}=${/^[^\s"'\\`]*$/.test(value.text) ? value.text : JSON.stringify(value.text)}`;
}
