import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { extractLayer, type ExtractedLayer } from '../extract/extract.ts';
import { rules } from '../normalise/rules.ts';
import { collect, inChunks, tarBytes, tarEntries } from '../tar/testing.ts';
import type { TarFile } from '../tar/index.ts';
import { gunzipSync } from 'node:zlib';
import { writeLayer, type LayerOptions, type WrittenLayer } from './write-layer.ts';

export const sourceDate = 1_700_000_000;

/** For tests: a directory with an extracted lower layer, where shell scripts run in a real overlay above it. */
export class Workbench {
  readonly root: string;
  #steps = 0;

  constructor(root: string) {
    this.root = root;
  }

  at(name: string): string {
    return join(this.root, name);
  }

  async layer(name: string, entries: Iterable<TarFile>): Promise<string> {
    mkdirSync(this.at(name));
    await this.extract(name, await tarBytes(entries));
    return this.at(name);
  }

  async extract(name: string, archive: Buffer): Promise<ExtractedLayer> {
    mkdirSync(this.at(name), { recursive: true });
    return extractLayer({ source: inChunks(archive), directory: this.at(name), userxattr: false });
  }

  /** Runs a shell script in the merged view of layers (topmost first); gives the upper directory. */
  step(lower: readonly string[], script: string): string {
    const name = `step-${this.#steps++}`;
    const [upper, work, merged] = ['upper', 'work', 'merged'].map(part => this.at(`${name}-${part}`));
    for (const directory of [upper, work, merged]) mkdirSync(directory ?? '');
    const options = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work},redirect_dir=off,metacopy=off`;
    const mounted = `mount -t overlay overlay -o ${options} ${merged} && cd ${merged}\n${script}`;
    execFileSync('unshare', ['-m', 'sh', '-c', mounted], { stdio: ['ignore', 'inherit', 'ignore'] });
    return upper ?? '';
  }

  /** What all layers together (topmost first) show to a shell command. */
  view(layers: readonly string[], command: string): string {
    const merged = this.at(`view-${this.#steps++}`);
    mkdirSync(merged);
    // One layer alone is no overlay; an empty one below changes nothing.
    mkdirSync(`${merged}-empty`);
    const script = `mount -t overlay overlay -o lowerdir=${[...layers, `${merged}-empty`].join(':')} ${merged} && cd ${merged} && ${command}`;
    return execFileSync('unshare', ['-m', 'sh', '-c', script]).toString('latin1');
  }
}

export interface Written extends WrittenLayer {
  readonly archive: Buffer;
  /** Paths in the archive, in order; directories end in a slash, links show where they lead. */
  readonly listing: readonly string[];
}

export async function written(
  options: Omit<LayerOptions, 'rules' | 'sourceDate'> & Partial<LayerOptions>,
): Promise<Written> {
  const result = await writeLayer({ rules, sourceDate, ...options });
  const blob = await collect(result.blob(options.upper));
  const archive = gunzipSync(blob);
  const listing = (await tarEntries(archive)).map(({ header: { path, type, target } }) => {
    const end = type === 'directory' ? '/' : target.length > 0 ? ` -> ${target.toString()}` : '';
    return `${path.toString()}${end}`;
  });
  return { ...result, archive, listing };
}
