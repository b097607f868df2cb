import type { FileDifference } from '../build/index.ts';

/** One file of a layer, with all that differs about it. */
export interface ChangedFile {
  readonly path: string;
  /** All but its time. Empty where that alone differs. */
  readonly kinds: readonly string[];
  readonly cause: FileDifference['cause'];
  /** Bytes; absent where there is no regular file. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly lines?: FileDifference['lines'];
}

/** The files of one layer, by the instruction that made it. */
export interface ChangedStep {
  readonly step: string;
  /** Files that differ in more than their times. */
  readonly files: readonly ChangedFile[];
  /** Those that differ in their times alone: of two builds of different dates, nearly all do. */
  readonly times: readonly string[];
}

export function changedSteps(differences: readonly FileDifference[]): ChangedStep[] {
  const layers = Map.groupBy(differences, ({ layer, gone }) => `${gone ? 'gone ' : ''}${layer}`);
  return [...layers.values()].map(found => {
    const files: ChangedFile[] = [];
    const times: string[] = [];
    for (const [path, of] of Map.groupBy(found, one => one.path)) {
      const [first, ...others] = of.filter(({ kind }) => kind !== 'mtime');
      if (first === undefined) times.push(path);
      else {
        const { cause, from, to, lines } = first;
        files.push({ path, kinds: [first, ...others].map(({ kind }) => kind), cause, from, to, lines });
      }
    }
    return { step: found[0]?.step ?? '', files, times };
  });
}
