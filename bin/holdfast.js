#!/usr/bin/env node
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `holdfast needs Node.js 22.19 or newer; this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exit(2);
}
// Compiled code is kept in this user's own cache: in a directory that others can write to, it could be theirs.
const { HOLDFAST_CACHE, XDG_CACHE_HOME, HOME } = process.env;
const cache = HOLDFAST_CACHE || join(XDG_CACHE_HOME || join(HOME || homedir(), '.cache'), 'holdfast');
module.enableCompileCache?.(join(cache, 'code'));
const { main } = await import('../dist/main.js');
await main(process.argv.slice(2));
