import { posix } from 'node:path';
import type { Analysis, RunInStage } from '../check/index.ts';
import type { CopyInstruction } from '../dockerfile/index.ts';
import type { Changes } from './changes.ts';
import type { LockedStep } from './locked-steps.ts';
import type { PinContext, WrittenFile } from './result.ts';

/** Below the directory of the Dockerfile. */
export const vendorFolder = 'vendor/holdfast';

/** A script that was put beside the Dockerfile before. */
export interface VendoredScript {
  /** In the context. */
  readonly path: string;
  /** Where it came from. */
  readonly url: string;
}

/** The scripts that the Dockerfile copies. */
export function vendoredScripts({ stages }: Analysis, context: PinContext): VendoredScript[] {
  const folder = posix.join(context.directory, vendorFolder);
  const copied = stages.flatMap(({ steps }) =>
    steps.flatMap(({ instruction }) =>
      instruction.keyword === 'COPY' ? sourcesBelow(instruction, folder) : [],
    ),
  );
  return [...new Set(copied)].flatMap(path => {
    const list = context.read(`${path}.downloads`)?.toString() ?? '';
    const url = /^# (\S+) sha256:[0-9a-f]{64}\n/.exec(list)?.[1];
    return url === undefined ? [] : [{ path, url }];
  });
}

function sourcesBelow({ from, sources }: CopyInstruction, folder: string): string[] {
  if (from !== undefined) return [];
  return sources.map(({ text }) => posix.normalize(text)).filter(path => posix.dirname(path) === folder);
}

/** The list beside a script, of what its step took besides. */
export function downloadList(
  { path, url }: VendoredScript,
  sha256: string,
  lines: readonly string[],
): WrittenFile {
  const others = lines.filter(line => !line.includes(JSON.stringify(url)) && !line.includes(sha256));
  const list = [
    `# ${url} sha256:${sha256}`,
    '# and what the step that runs it takes besides, as holdfast.lock has it. Written by `holdfast vendor`.',
    ...others,
  ];
  return { path: `${path}.downloads`, bytes: Buffer.from(`${list.join('\n')}\n`), vendored: true };
}

/** The lists of scripts that are copied already follow the lock. */
export function renewLists(
  { run }: RunInStage,
  step: LockedStep,
  {
    scripts,
    context,
    changes,
  }: { scripts: readonly VendoredScript[]; context: PinContext; changes: Changes },
): void {
  const { command } = run.instruction;
  const text = command.form === 'exec' ? '' : command.text.text;
  for (const script of scripts) {
    const list = context.read(`${script.path}.downloads`)?.toString() ?? '';
    const sha256 = /^# \S+ sha256:([0-9a-f]{64})\n/.exec(list)?.[1];
    if (sha256 === undefined || !text.includes(`/tmp/${posix.basename(script.path)}`)) continue;
    changes.add({ edits: [], pins: [], files: [downloadList(script, sha256, step.lines())] });
  }
}
