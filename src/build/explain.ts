import { sha256, usageError, type Digest, type SourcePlace } from '../core/index.ts';
import { canonicalInstruction, sourcesOf, type Instruction } from '../dockerfile/index.ts';
import {
  frontendOfBuild,
  lineName,
  type InputLine,
  type InputSection,
  type Recording,
  type RecordedInput,
} from '../lock/index.ts';
import type { LockState } from './locking.ts';
import type { Project } from './project.ts';

/** Who asked for an input. */
export interface Asker {
  readonly where: SourcePlace;
  /** The instruction's last line. */
  readonly endLine: number;
  readonly instruction: string;
}

/** One input of the lock, and every instruction that took it. */
export interface Explanation {
  /** A frontend is named by a build of the lock, and is none of its inputs: it is never run. */
  readonly section: InputSection | 'frontend';
  /** Of a compose project, the services whose builds took it. */
  readonly services?: readonly string[];
  readonly name: string;
  readonly line: InputLine;
  readonly askedBy: readonly Asker[];
}

/** A build whose inputs are asked about. */
export interface ExplainedBuild {
  readonly project: Project;
  readonly state: LockState;
  readonly service?: string | undefined;
}

/**
 * The inputs of some builds that `query` means: a line's number, or FILE:LINE, stands for all that the instruction on it took, which may be
 * nothing; anything else is an input's name, URL or digest, or a part of one where nothing has the whole. Without a query, all inputs.
 * @throws HoldfastError EXPLAIN_UNKNOWN (exit 2), and why the lock cannot be read for a project
 */
export function explain(builds: readonly ExplainedBuild[], query: string | undefined): Explanation[] {
  const all = merged(builds.flatMap(explanationsOf));
  if (query === undefined) return all;
  const [, file, line] = /^(?:(.+):)?(\d+)$/s.exec(query) ?? [];
  const files = new Set(builds.map(({ project }) => project.dockerfileName));
  if (line !== undefined && (file === undefined || files.has(file))) return ofLine(all, Number(line), file);
  const found = named(all, query);
  if (found.length > 0) return found;
  throw usageError('EXPLAIN_UNKNOWN', `the lock has no input "${query}" for ${[...files].join(', ')}`, {
    next: 'Run `holdfast explain` without a name to see all inputs.',
  });
}

function explanationsOf({ project, state, service }: ExplainedBuild): Explanation[] {
  const { recording, entry } = state;
  if (recording === undefined) throw state.stale ?? new TypeError('a lock that is not stale has a recording');
  const steps = stepsOf(project);
  const inputs = recording.inputs.map(input => ({
    section: input.section,
    name: lineName(input.section, input.line),
    line: input.line,
    askedBy: askersOf(input, recording, steps),
  }));
  const all = [...frontendOf(project, entry?.syntax), ...inputs];
  return service === undefined ? all : all.map(one => ({ ...one, services: [service] }));
}

/** What several services take is told of once. */
function merged(all: readonly Explanation[]): Explanation[] {
  const groups = Map.groupBy(all, ({ section, line }) => `${section} ${JSON.stringify(line)}`);
  return [...groups.values()].flatMap(group => {
    const [first] = group;
    if (first === undefined || group.length === 1) return group;
    const askers = group.flatMap(({ askedBy }) => askedBy);
    const askedBy = [...new Map(askers.map(one => [JSON.stringify(one.where), one])).values()];
    const services = [...new Set(group.flatMap(one => one.services ?? []))];
    return [{ ...first, ...(services.length > 0 && { services }), askedBy }];
  });
}

/** The frontend that the lock holds by a digest, or by its name alone. */
function frontendOf({ dockerfile, dockerfileName }: Project, syntax: string | undefined): Explanation[] {
  const line = frontendOfBuild({ syntax });
  if (line === undefined) return [];
  const { text, range } = dockerfile.directives.syntax ?? {};
  const askedBy =
    range === undefined
      ? [] // BUILDKIT_SYNTAX names it.
      : [
          {
            where: { file: dockerfileName, line: range.line, column: range.column },
            endLine: range.line,
            instruction: `# syntax=${text}`,
          },
        ];
  return [{ section: 'frontend', name: line.reference, line, askedBy }];
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

function ofLine(all: readonly Explanation[], line: number, file: string | undefined): Explanation[] {
  return all.filter(({ askedBy }) =>
    askedBy.some(
      ({ where, endLine }) =>
        (file === undefined || where.file === file) && where.line <= line && line <= endLine,
    ),
  );
}

function named(all: readonly Explanation[], query: string): Explanation[] {
  const texts = ({ name, line }: Explanation) => [name, ...Object.values(line).flat().map(String)];
  const whole = all.filter(one => texts(one).includes(query));
  return whole.length > 0 ? whole : all.filter(one => texts(one).some(text => text.includes(query)));
}
