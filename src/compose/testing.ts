import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../core/index.ts';
import { loadCompose, type ComposeProject } from './project.ts';

const projects: string[] = [];

/** For `afterAll` of each file of tests: this module may be loaded once for several. */
export function removeProjects(): void {
  for (const directory of projects.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** Files of a project of their own; returns its directory. */
export function written(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-compose-'));
  projects.push(directory);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

export interface LoadedOptions {
  /** Names of files, when not those that are found. */
  readonly files?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** The project of these files; a text alone is its compose.yaml. */
export function loaded(
  files: Readonly<Record<string, string>> | string,
  { files: names = [], environment = {} }: LoadedOptions = {},
): ComposeProject {
  const directory = written(typeof files === 'string' ? { 'compose.yaml': files } : files);
  return loadCompose({ directory, files: names.map(name => join(directory, name)), environment });
}

/** `CODE file:line:column` of what loading throws, for short. */
export function failure(files: Readonly<Record<string, string>> | string, options?: LoadedOptions): string {
  try {
    loaded(files, options);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    const { code, where } = error;
    return where === undefined ? code : `${code} ${where.file}:${where.line}:${where.column ?? ''}`;
  }
  return 'no error';
}
