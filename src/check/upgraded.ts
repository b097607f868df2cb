import { type Dockerfile, parseDockerfile } from '../dockerfile/index.ts';
import type { Ecosystem } from '../kinds/requests/index.ts';
import { analyse, type AnalysedStage, type Analysis, lineage } from './analysis.ts';
import type { ReadContextFile } from './followed-scripts.ts';
import type { GivenArguments } from './values.ts';

/** One build of a Dockerfile, with what decides on the steps that it runs. */
export interface BuiltDockerfile {
  readonly dockerfile: Dockerfile;
  /** A stage, by name or number; nothing for the last one. */
  readonly target?: string | undefined;
  readonly given?: GivenArguments;
  /** The scripts of its context. */
  readonly read?: ReadContextFile;
  /** What an image that a stage begins from does there, by the reference with variables put in. */
  readonly triggersOf?: (reference: string) => readonly string[];
}

/**
 * Of which ecosystems a build brings everything that is installed in its image to what is newest, as `apt-get upgrade`
 * does. Only the stages that the image begins from count: what is upgraded in one that it copies from stays there.
 */
export function upgradedIn({
  dockerfile,
  target,
  given,
  read,
  triggersOf,
}: BuiltDockerfile): ReadonlySet<Ecosystem> {
  const analysis = analyse(dockerfile, read, given);
  const last = stageNamed(analysis, target);
  if (last === undefined) return new Set();
  const stages = lineage(last);
  const own = stages.flatMap(stage => requestsIn(stage, stage !== last));
  const [{ base } = last] = stages;
  const triggers = base !== undefined && 'reference' in base ? (triggersOf?.(base.reference) ?? []) : [];
  const all = [...own, ...requestsOfTriggers(triggers, read)];
  return new Set(all.filter(({ action }) => action === 'upgrade').map(({ ecosystem }) => ecosystem));
}

/** As a build finds it: of two stages with one name the later counts. */
function stageNamed({ stages }: Analysis, target: string | undefined): AnalysedStage | undefined {
  if (target === undefined) return stages.at(-1);
  const named = stages.findLast(({ stage }) => stage.name === target.toLowerCase());
  return named ?? (/^\d+$/.test(target) ? stages[Number(target)] : undefined);
}

/** @param isBegunFrom whether a later stage begins from it: its triggers run there. */
function requestsIn({ steps }: AnalysedStage, isBegunFrom: boolean) {
  return steps.filter(({ onbuild }) => !onbuild || isBegunFrom).flatMap(({ run }) => run?.requests ?? []);
}

function requestsOfTriggers(triggers: readonly string[], read: ReadContextFile | undefined) {
  if (triggers.length === 0) return [];
  const text = ['FROM base', ...triggers].join('\n');
  return analyse(parseDockerfile(text, 'Dockerfile'), read).requests;
}
