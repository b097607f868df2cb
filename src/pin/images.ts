import {
  checkText,
  isGitUrl,
  isHttpUrl,
  resolved,
  rules,
  shown,
  type Analysis,
  type CheckSettings,
  type ImageUse,
  type LockedInputs,
  type RuleContext,
} from '../check/index.ts';
import type { Changes } from './changes.ts';
import type { PinKind } from './result.ts';
import { pullable, whyNotPullable, type StoreImages } from './store-images.ts';

/** The rules whose fixes are pins, and what these pin. */
const pinning: Readonly<Record<string, PinKind>> = {
  'image-digest': 'image',
  'image-syntax': 'image',
  'add-checksum': 'file',
  'git-commit': 'git',
  'lock-enforced': 'project',
};

const settings: CheckSettings = {
  profile: 'all',
  severity: Object.fromEntries(rules.filter(({ id }) => !(id in pinning)).map(({ id }) => [id, 'off'])),
};

/** What the lock holds, and which of its images plain Docker could not pull. */
interface Known {
  readonly locked: LockedInputs;
  readonly images: StoreImages | undefined;
}

/** Pins what instructions name: images, and what ADD fetches. The fixes are those of `check --fix`. */
export function pinInstructions(
  analysis: Analysis,
  known: Known,
  context: RuleContext,
  changes: Changes,
): void {
  const { text, file } = analysis.dockerfile;
  const locked = pullable(known.locked, known.images);
  const { findings } = checkText(text, file, settings, { ...context, locked });
  const suppressed = new Set<number>();
  for (const { rule, range, fix, suppressed: by } of findings) {
    const kind = pinning[rule];
    if (kind === undefined || fix === undefined) continue;
    if (by !== undefined) {
      suppressed.add(range.start);
      changes.leave('SUPPRESSED', range, text.slice(range.start, range.end), `${by.by} asks to leave it`);
    } else {
      const what = fix.edits.map(edit => written(text, range, edit)).join(' ');
      changes.add({ edits: fix.edits, pins: [{ kind, range, what }] });
    }
  }
  const done = new Set(findings.filter(({ fix }) => fix).map(({ range }) => range.start));
  for (const use of analysis.images)
    if (
      use.digest === undefined &&
      !done.has(use.range.start) &&
      !pinArgument(use, analysis, locked, changes)
    )
      leaveImage(use, known, changes);
  leaveAdded(analysis, done, changes);
}

/** The word with the edit in it, for people. */
function written(
  text: string,
  range: { readonly start: number; readonly end: number },
  edit: { readonly start: number; readonly end: number; readonly text: string },
): string {
  if (edit.start < range.start || edit.end > range.end) return edit.text.trim();
  return text.slice(range.start, edit.start) + edit.text + text.slice(edit.end, range.end);
}

const variableAtEnd = /^[^$]*\$(?:(\w+)|\{(\w+)\})$/;

/**
 * Where a reference ends with the value of an ARG that serves for nothing else, the digest goes behind that value: whoever
 * gives another one gives another image, without the digest of this one.
 */
function pinArgument(use: ImageUse, analysis: Analysis, locked: LockedInputs, changes: Changes): boolean {
  const { text, metaArgs, stages } = analysis.dockerfile;
  const word = text.slice(use.range.start, use.range.end);
  const [, plain, braced] = variableAtEnd.exec(word) ?? [];
  const name = plain ?? braced;
  const digest = use.known ? locked.imageDigest(use.reference) : undefined;
  const values = metaArgs.flatMap(({ args }) => args).filter(one => one.name.text === name);
  const value = values.length === 1 ? values[0]?.value : undefined;
  if (name === undefined || digest === undefined || value === undefined) return false;
  if (!/^(["']?)[\w.-]+\1$/.test(value.text)) return false;
  const isUsed = new RegExp(String.raw`\$\{?${name}\b`);
  const words = [...metaArgs, ...stages.map(({ from }) => from)].flatMap(({ range }) =>
    text.slice(range.start, range.end).split(/\s+/),
  );
  const isElsewhere = words.some(one => isUsed.test(one) && one !== word);
  const isTaken = stages.some(({ instructions }) =>
    instructions.some(one => one.keyword === 'ARG' && one.args.some(arg => arg.name.text === name)),
  );
  if (isElsewhere || isTaken) return false;
  const { start, end } = value.range;
  const at = /["']$/.test(text.slice(start, end)) ? end - 1 : end;
  const what = `${use.reference}@${digest}`;
  changes.add({
    edits: [{ start: at, end: at, text: `@${digest}` }],
    pins: [{ kind: 'image', range: use.range, what }],
  });
  return true;
}

function leaveImage(
  { role, range, reference, known }: ImageUse,
  { locked, images }: Known,
  changes: Changes,
): void {
  const why = known ? whyNotPullable(reference, locked, images) : undefined;
  if (why !== undefined) return changes.leave('NOT_PULLABLE', range, reference, why);
  if (role === 'syntax')
    return changes.leave(
      'NOT_LOCKED',
      range,
      reference,
      'no lock holds the frontend, which Holdfast never fetches: remove the line, which few files need, or pin with --ask-registry',
    );
  if (!known)
    return changes.leave('NOT_KNOWN', range, reference, 'a variable in it has no value in the Dockerfile');
  if (locked.imageDigest(reference) === undefined)
    return changes.leave(
      'NOT_LOCKED',
      range,
      reference,
      'the lock has no image of this name, or not one digest for all its platforms',
    );
  changes.leave(
    'NO_FORM',
    range,
    reference,
    'its name is put together from variables, so a digest would contradict other values of them',
  );
}

function leaveAdded({ stages, dockerfile }: Analysis, done: ReadonlySet<number>, changes: Changes): void {
  const { escape } = dockerfile.directives;
  for (const { steps } of stages)
    for (const { instruction, values } of steps) {
      if (instruction.keyword !== 'ADD' || instruction.checksum !== undefined) continue;
      for (const source of instruction.sources) {
        const { text, known } = resolved(source, values, escape);
        if (done.has(source.range.start) || !(isHttpUrl(text) || isGitUrl(text))) continue;
        if (isGitUrl(text) && /#[0-9a-f]{40,64}(:|$)|[?&](checksum|commit)=/.test(text)) continue;
        if (known)
          changes.leave('NOT_LOCKED', source.range, shown(text), 'the lock has not one content for it');
        else
          changes.leave('NOT_KNOWN', source.range, shown(text), 'a variable in it has no value in the file');
      }
    }
}
