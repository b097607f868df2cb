/**
 * Serves a test archive until it is stopped: `node testkit/apt/cli.ts WORLD.json KEYS_DIRECTORY`.
 *
 * WORLD.json is a list of publications (see Publication in archive.ts, dates as ISO 8601 texts), the first of which is
 * published at the start; each line on stdin publishes the next. Writes `archive.gpg` and `archive.asc` into
 * KEYS_DIRECTORY; prints the base URL, then `published N` for each publication.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, exit, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { AptArchive, type Publication } from './archive.ts';

const [, , worldPath, keysDirectory] = argv;
if (worldPath === undefined || keysDirectory === undefined) {
  stdout.write('usage: node testkit/apt/cli.ts WORLD.json KEYS_DIRECTORY\n');
  exit(2);
}

/** As Publication, with the dates as JSON has them. */
type WrittenPublication = Omit<Publication, 'date' | 'validUntil'> & { date: string; validUntil?: string };

const world = JSON.parse(await readFile(worldPath, 'utf8')) as WrittenPublication[];
const archive = await AptArchive.create();
await writeFile(join(keysDirectory, 'archive.gpg'), archive.key.gpg);
await writeFile(join(keysDirectory, 'archive.asc'), archive.key.asc);

const server = await archive.serve();
stdout.write(`${server.url}\n`);
await publish(0);
let next = 1;
for await (const _line of createInterface({ input: stdin })) {
  if (next < world.length) await publish(next++);
}
await server.close();

async function publish(number: number): Promise<void> {
  const written = world[number];
  if (written === undefined) throw new Error(`there is no publication ${number}`);
  const { date, validUntil, ...rest } = written;
  const until = validUntil === undefined ? {} : { validUntil: new Date(validUntil) };
  await archive.publish({ ...rest, ...until, date: new Date(date) });
  stdout.write(`published ${number}\n`);
}
