import { statSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, usageError, type SourcePlace } from '../core/index.ts';

/** Bytes. A compose or env file of this size is data that went astray. */
const largest = 2 * 1024 * 1024;

/**
 * A file's text. `name` is for messages, `asker` the place that names the file.
 * @throws HoldfastError COMPOSE_FILE_MISSING, COMPOSE_TOO_LARGE (exit 2)
 */
export function readFileText(path: string, name: string, asker?: SourcePlace): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > largest) {
    throw usageError('COMPOSE_TOO_LARGE', `${name} has ${size} bytes`, {
      ...(asker && { where: asker }),
      next: 'Name a compose file, or an env file.',
    });
  }
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError('COMPOSE_FILE_MISSING', `cannot read ${name} (${errnoOf(error) ?? 'unknown error'})`, {
      ...(asker && { where: asker }),
      next: 'Name a file that exists and that you may read.',
      cause: error,
    });
  }
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

const names = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** The compose files that `docker compose` takes in a directory: the first of their names, and its override. */
export function composeFilesIn(directory: string): string[] {
  const main = names.find(name => isFile(join(directory, name)));
  if (main === undefined) return [];
  const overrides = names.map(name => name.replace('.', '.override.'));
  const override = overrides.find(name => isFile(join(directory, name)));
  return [main, ...(override === undefined ? [] : [override])].map(name => join(directory, name));
}
