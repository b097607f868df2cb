import type { FileDifference, ImageComparison, SettingDifference } from '../build/index.ts';
import { formatBytes, printable } from './units.ts';

/** How many files of a step are named unless all are asked for. */
const mostFiles = 8;
/** How much of a step's instruction is shown. */
const longestStep = 100;

/** Two images for people: whether they are the same, then their settings, then their files by the step that wrote them. */
export function comparisonText(comparison: ImageComparison, verbose: boolean): string {
  const { images, sameContent, settings, files } = comparison;
  const [a, b] = images;
  const sizes = `${formatBytes(a.bytes)} in ${a.layers} layers, ${formatBytes(b.bytes)} in ${b.layers}`;
  if (a.manifest === b.manifest) return `the same image: ${a.manifest}`;
  if (sameContent)
    return `the same content in another form: one configuration ${a.config}, manifests ${a.manifest} and ${b.manifest} (${sizes})`;
  const steps = changedSteps(files);
  return [
    `- ${a.manifest}`,
    `+ ${b.manifest} (${sizes})`,
    ...(settings.length > 0 ? ['', 'settings', ...settings.flatMap(settingLines)] : []),
    ...steps.flatMap(step => stepLines(step, verbose)),
    '',
    `${settings.length} settings and ${total(steps, step => step.files.length)} files differ, ${total(steps, step => step.times)} files in time alone`,
  ].join('\n');
}

function settingLines({ name, from, to }: SettingDifference): string[] {
  return [
    ...(from === undefined ? [] : [`  - ${printable(name)} ${printable(from)}`]),
    ...(to === undefined ? [] : [`  + ${printable(name)} ${printable(to)}`]),
  ];
}

function total(steps: readonly ChangedStep[], of: (step: ChangedStep) => number): number {
  return steps.reduce((sum, step) => sum + of(step), 0);
}

/** One file of a layer, with all that differs about it. */
interface ChangedFile {
  readonly path: string;
  readonly kinds: readonly string[];
  readonly cause: FileDifference['cause'];
}

interface ChangedStep {
  readonly step: string;
  /** Files that differ in more than their times. */
  readonly files: readonly ChangedFile[];
  /** How many differ in their times alone: of two builds of different dates, nearly all do. */
  readonly times: number;
}

function changedSteps(differences: readonly FileDifference[]): ChangedStep[] {
  const layers = Map.groupBy(differences, ({ layer }) => layer);
  return [...layers.values()].map(found => {
    const paths = [...Map.groupBy(found, ({ path }) => path)];
    const files = paths.flatMap(([path, of]) => {
      const kinds = of.map(({ kind }) => kind).filter(kind => kind !== 'mtime');
      const cause = of.find(({ kind }) => kind !== 'mtime')?.cause ?? 'unknown';
      return kinds.length === 0 ? [] : [{ path, kinds, cause }];
    });
    return { step: found[0]?.step ?? '', files, times: paths.length - files.length };
  });
}

function stepLines({ step, files, times }: ChangedStep, verbose: boolean): string[] {
  const text = printable(step.replace(/\s+/g, ' '));
  const short = text.length > longestStep ? `${text.slice(0, longestStep - 1)}…` : text;
  const shown = verbose ? files : files.slice(0, mostFiles);
  const more = files.length - shown.length;
  return [
    '',
    `${short}: ${files.length} ${files.length === 1 ? 'file' : 'files'}${times === 0 ? '' : `, and ${times} in time alone`}`,
    ...shown.map(fileLine),
    ...(more > 0 ? [`  … and ${more} more (--verbose)`] : []),
  ];
}

function fileLine({ path, kinds, cause }: ChangedFile): string {
  const isWhole = kinds.includes('added') || kinds.includes('removed');
  const why = cause === 'unknown' || isWhole ? '' : ` (${cause})`;
  return `  ${kinds.join(', ').padEnd(8)} /${printable(path)}${why}`;
}
