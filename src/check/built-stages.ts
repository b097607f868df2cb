import { sourcesOf } from '../dockerfile/index.ts';
import type { Analysis } from './analysis.ts';
import type { LockedTarget } from './locked-inputs.ts';

/**
 * The numbers of the stages that builds of these targets take, as far as the file says; nothing where it does not,
 * because an argument chooses or a target is gone. What a base image's triggers copy from is not seen.
 */
export function stagesBuilt(
  { stages, dockerfile }: Analysis,
  targets: readonly LockedTarget[],
): ReadonlySet<number> | undefined {
  const numberOf = (name: string) => {
    const at = dockerfile.stages.findLastIndex(stage => stage.name === name.toLowerCase());
    return at < 0 && /^\d+$/.test(name) ? Number(name) : at;
  };
  const froms = dockerfile.stages.map(({ base }) => base.text);
  if (targets.some(({ hasArguments }) => hasArguments) && froms.some(isVariable)) return undefined;
  const built = new Set<number>();
  const waiting = targets.map(({ target }) =>
    target === undefined ? dockerfile.stages.length - 1 : numberOf(target),
  );
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const stage = stages[at];
    if (stage === undefined) return undefined;
    if (built.has(at)) continue;
    built.add(at);
    if (stage.base !== undefined && 'steps' in stage.base) waiting.push(stage.base.stage.index);
    const sources = stage.steps.flatMap(({ instruction }) => sourcesOf(instruction));
    if (sources.some(isVariable)) return undefined;
    // Other names are images and contexts.
    waiting.push(...sources.map(numberOf).filter(number => number in stages));
  }
  return built;
}

const isVariable = (text: string) => text.includes('$');
