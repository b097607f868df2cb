import { counted } from '../core/index.ts';
import type { ImageComparison, PackageDifference, SettingDifference } from '../build/index.ts';
import { changedSteps, type ChangedFile, type ChangedStep } from './changed-files.ts';
import { formatBytes, printable } from './units.ts';

/** How many files of a step are named unless all are asked for. */
const mostFiles = 8;
/** How much of a step's instruction is shown. */
const longestStep = 100;

/** Two images for people: whether they are the same, then their settings, then their files by the step that wrote them. */
export function comparisonText(comparison: ImageComparison, verbose: boolean): string {
  const { images, sameContent, settings, packages, files } = comparison;
  const [a, b] = images;
  const sizes = `${formatBytes(a.bytes)} in ${counted(a.layers, 'layer')}, ${formatBytes(b.bytes)} in ${b.layers}`;
  if (a.manifest === b.manifest) return `the same image: ${a.manifest}`;
  if (sameContent)
    return `the same content in another form: one configuration ${a.config}, manifests ${a.manifest} and ${b.manifest} (${sizes})`;
  const steps = changedSteps(files);
  return [
    `- ${a.manifest}`,
    `+ ${b.manifest} (${sizes})`,
    ...(settings.length > 0 ? ['', 'settings', ...settings.flatMap(settingLines)] : []),
    ...(packages.length > 0 ? ['', 'packages', ...packages.map(packageLine)] : []),
    ...steps.flatMap(step => stepLines(step, verbose)),
    '',
    `${counted(settings.length, 'setting')} and ${counted(
      total(steps, step => step.files.length),
      'file',
    )} differ, ${counted(
      total(steps, step => step.times.length),
      'file',
    )} in time alone`,
  ].join('\n');
}

function settingLines({ name, from, to }: SettingDifference): string[] {
  return [
    ...(from === undefined ? [] : [`  - ${printable(name)} ${printable(from)}`]),
    ...(to === undefined ? [] : [`  + ${printable(name)} ${printable(to)}`]),
  ];
}

function packageLine({ kind, name, from, to }: PackageDifference): string {
  const versions = from.length === 0 ? to : to.length === 0 ? from : [...from, '→', ...to];
  const sign = from.length === 0 ? '+ ' : to.length === 0 ? '- ' : '';
  return `  ${kind}  ${sign}${printable([name, ...versions].join(' '))}`;
}

function total(steps: readonly ChangedStep[], of: (step: ChangedStep) => number): number {
  return steps.reduce((sum, step) => sum + of(step), 0);
}

function stepLines({ step, files, times }: ChangedStep, verbose: boolean): string[] {
  const text = printable(step.replace(/\s+/g, ' '));
  const short = text.length > longestStep ? `${text.slice(0, longestStep - 1)}…` : text;
  const shown = verbose ? files : files.slice(0, mostFiles);
  const more = files.length - shown.length;
  return [
    '',
    `${short}: ${counted(files.length, 'file')}${times.length === 0 ? '' : `, and ${times.length} in time alone`}`,
    ...shown.map(fileLine),
    ...(more > 0 ? [`  … and ${more} more (--verbose)`] : []),
  ];
}

function fileLine({ path, kinds, cause }: ChangedFile): string {
  const isWhole = kinds.includes('added') || kinds.includes('removed');
  const why = cause === 'unknown' || isWhole ? '' : ` (${cause})`;
  return `  ${kinds.join(', ').padEnd(8)} /${printable(path)}${why}`;
}
