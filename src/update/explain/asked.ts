import { explain, type Explanation, type Project } from '../../build/index.ts';
import type { SourcePlace } from '../../core/index.ts';
import { canonicalInstruction } from '../../dockerfile/index.ts';
import { invocationsOf, scriptOfRun } from '../../dockerfile/shell/index.ts';
import { requestsOf } from '../../kinds/requests/index.ts';
import type { BuildEntry, Recording } from '../../lock/index.ts';
import type { Change } from '../changes.ts';
import { bareName, sameName } from '../names.ts';
import type { ExplainedChange } from './explanation.ts';

interface BuildSide {
  readonly recording: Recording;
  readonly entry: BuildEntry;
}

/** One build of the lock, before and after. */
export interface ExplainedBuild {
  readonly project: Project;
  readonly before: BuildSide;
  readonly after: BuildSide;
}

/** Adds to each change who asked for it. */
export function askedChanges(
  changes: readonly Change[],
  builds: readonly ExplainedBuild[],
): Omit<ExplainedChange, 'closes'>[] {
  const named = new Map(builds.flatMap(({ project }) => [...namedPackages(project)]));
  const [after, before] = (['after', 'before'] as const).map(when =>
    Map.groupBy(
      builds.flatMap(build =>
        explain(
          [{ project: build.project, state: { recording: build[when].recording, entry: build[when].entry } }],
          undefined,
        ),
      ),
      keyOf,
    ),
  );
  return changes.map(change => {
    const asked = (change.what === 'removed' ? before : after)?.get(keyOf(change)) ?? [];
    const askers = asked.flatMap(({ askedBy }) => askedBy);
    const direct =
      isPlace(change) || askers.some(({ instruction }) => isNamed(change, named.get(instruction) ?? []));
    return { ...change, direct, askedBy: places(asked) };
  });
}

const keyOf = ({ section, name }: Pick<Explanation, 'section' | 'name'>) => `${section} ${name}`;

/** What is no package is named by whoever takes it. */
function isPlace({ section }: Change): boolean {
  return ['image', 'archives', 'git', 'file', 'unlocked', 'frontend'].includes(section);
}

function isNamed({ section, name }: Change, packages: readonly NamedPackage[]): boolean {
  return packages.some(one => one.ecosystem === section && sameName(section, one.name, bareName(name)));
}

function places(asked: readonly Explanation[]): SourcePlace[] {
  const all = asked.flatMap(({ askedBy }) => askedBy.map(({ where }) => where));
  return [...new Map(all.map(where => [`${where.file}:${where.line}`, where])).values()];
}

interface NamedPackage {
  readonly ecosystem: string;
  readonly name: string;
}

/** By its canonical text, the packages that a RUN names. */
function namedPackages({ dockerfile }: Project): Map<string, NamedPackage[]> {
  const found = new Map<string, NamedPackage[]>();
  for (const stage of dockerfile.stages)
    for (const instruction of stage.instructions) {
      if (instruction.keyword !== 'RUN') continue;
      const { invocations } = invocationsOf(scriptOfRun(instruction, undefined), new Map());
      const packages = invocations
        .flatMap(requestsOf)
        .flatMap(request =>
          request.action === 'install'
            ? request.items.map(({ name }) => ({ ecosystem: request.ecosystem, name }))
            : [],
        );
      found.set(canonicalInstruction(instruction), packages);
    }
  return found;
}
