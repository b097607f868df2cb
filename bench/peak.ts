// Runs the command that its arguments are, and tells the seconds that it took and the most memory that it had.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { peakMegabytes } from './processes.ts';

const [file = '', ...args] = process.argv.slice(2);
const start = performance.now();
const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
const complaint = text(child.stderr);
let megabytes = 0;
const look = () => {
  try {
    megabytes = Math.max(megabytes, peakMegabytes(child));
  } catch {
    return; // It has just ended.
  }
};
const timer = setInterval(look, 20);
const [status] = (await once(child, 'exit')) as [number | null];
const seconds = (performance.now() - start) / 1000;
clearInterval(timer);
process.stderr.write(await complaint);
process.stdout.write(JSON.stringify({ seconds, megabytes }));
process.exitCode = status ?? 1;
