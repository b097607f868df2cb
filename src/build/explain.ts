import { sha256, usageError, type Digest, type SourcePlace } from '../core/index.ts';
import { canonicalInstruction, type Instruction } from '../dockerfile/index.ts';
import {
  lineName,
  type InputLine,
  type InputSection,
  type Recording,
  type RecordedInput,
} from '../lock/index.ts';
import type { LockState } from './locking.ts';
import type { Project } from './project.ts';
import { sourcesOf } from './stages.ts';

/** Who asked for an input. */
export interface Asker {
  readonly where: SourcePlace;
  /** The instruction's last line. */
  readonly endLine: number;
  readonly instruction: string;
}

/** One input of the lock, and every instruction that took it. */
export interface Explanation {
  readonly section: InputSection;
  readonly name: string;
  readonly line: InputLine;
  readonly askedBy: readonly Asker[];
}

/**
 * The inputs that `query` means: a line's number stands for all that the instruction on it took, which may be nothing; anything else is an
 * input's name, URL or digest, or a part of one where nothing has the whole. Without a query, all inputs.
 * @throws HoldfastError EXPLAIN_UNKNOWN (exit 2), and why the lock cannot be read for this project
 */
export function explain(project: Project, state: LockState, query: string | undefined): Explanation[] {
  const { recording } = state;
  if (recording === undefined) throw state.stale ?? new TypeError('a lock that is not stale has a recording');
  const steps = stepsOf(project);
  const all = recording.inputs.map(input => ({
    section: input.section,
    name: lineName(input.section, input.line),
    line: input.line,
    askedBy: askersOf(input, recording, steps),
  }));
  if (query === undefined) return all;
  if (/^\d+$/.test(query)) return ofLine(all, Number(query));
  const found = named(all, query);
  if (found.length > 0) return found;
  throw usageError('EXPLAIN_UNKNOWN', `the lock has no input "${query}" for ${project.dockerfileName}`, {
    next: 'Run `holdfast explain` without a name to see all inputs.',
  });
}

interface PlacedStep extends Asker {
  /** As the recording knows the step, wherever it stands by now. */
  readonly command?: Digest | undefined;
  /** The images and stages that the instruction names, as they are written. */
  readonly sources: readonly string[];
  /** For a FROM, the stage that it begins: it asked for what the base's triggers took. */
  readonly begins?: number | undefined;
}

function stepsOf({ dockerfile, dockerfileName: file }: Project): PlacedStep[] {
  const placed = ({ range }: Pick<Instruction, 'range'>) => ({
    where: { file, line: range.line, column: range.column },
    endLine: range.endLine,
  });
  return dockerfile.stages.flatMap(stage => [
    {
      ...placed(stage.from),
      instruction: `FROM ${stage.base.text}`,
      sources: [stage.base.text],
      begins: stage.index,
    },
    ...stage.instructions.map(instruction => ({
      ...placed(instruction),
      command: sha256(canonicalInstruction(instruction)),
      instruction: canonicalInstruction(instruction),
      sources: sourcesOf(instruction),
    })),
  ]);
}

function askersOf(
  { section, line, url }: RecordedInput,
  recording: Recording,
  steps: readonly PlacedStep[],
): Asker[] {
  if (section === 'image') {
    const reference = String(line['reference']);
    const exact = steps.filter(({ sources }) => sources.includes(reference));
    // A name with variables can be any image's.
    const asking = exact.length > 0 ? exact : steps.filter(({ sources }) => sources.some(hasVariable));
    return asking.map(asker);
  }
  const took = recording.steps.filter(({ exchanges }) => exchanges.some(({ key }) => key.url === url));
  return steps
    .filter(({ command, begins }) =>
      took.some(one => one.command === command || one.step.startsWith(`${begins ?? ''}/onbuild/`)),
    )
    .map(asker);
}

const hasVariable = (text: string) => text.includes('$');

const asker = ({ where, endLine, instruction }: PlacedStep): Asker => ({ where, endLine, instruction });

function ofLine(all: readonly Explanation[], line: number): Explanation[] {
  return all.filter(({ askedBy }) =>
    askedBy.some(({ where, endLine }) => where.line <= line && line <= endLine),
  );
}

function named(all: readonly Explanation[], query: string): Explanation[] {
  const texts = ({ name, line }: Explanation) => [name, ...Object.values(line).flat().map(String)];
  const whole = all.filter(one => texts(one).includes(query));
  return whole.length > 0 ? whole : all.filter(one => texts(one).some(text => text.includes(query)));
}
