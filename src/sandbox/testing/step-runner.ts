/**
 * Runs steps as the program does, re-executed in its namespaces if it has any, so that tests can start it as any user.
 * Its arguments are the kind of isolation and the list of steps; it writes one line of JSON for each.
 */
import {
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { enterNamespaces, type Isolation, openSandbox, probeSandbox, type StepMount } from '../index.ts';
import type { HoldfastError } from '../../core/index.ts';
import type { MountRequest, StepOutcome, StepRequest } from './steps.ts';

const isolation = process.argv[2] as Isolation;
await probeSandbox(isolation);
if (isolation !== 'chroot') enterNamespaces(isolation);

const steps = JSON.parse(process.argv[3] ?? '') as StepRequest[];
const scratch = mkdtempSync(join(tmpdir(), 'holdfast-step-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const base = join(scratch, 'base');
// As a copy it belongs to whoever runs this.
cpSync(join(import.meta.dirname, 'rootfs'), base, { recursive: true, verbatimSymlinks: true });
const middle = join(scratch, 'middle');
mkdirSync(join(middle, 'opt/real'), { recursive: true });
symlinkSync('/opt/real', join(middle, 'link'));
chownSync(join(middle, 'opt/real'), 33, 42);
const owned = lstatSync(join(middle, 'opt/real'));

const sandbox = openSandbox(isolation, join(scratch, 'sandbox'));
const network = await sandbox.openNetwork({
  ports: [80],
  serve({ tcp }) {
    for (const { port, server } of tcp)
      server.on('connection', socket =>
        socket.end(`gateway ${socket.localAddress}:${port} ${socket.remoteAddress}`),
      );
  },
});
for (const [index, request] of steps.entries()) {
  const directory = join(scratch, `step ${index},a:b\\c`);
  mkdirSync(directory);
  writeFileSync(1, `${JSON.stringify(await outcome(request, directory))}\n`);
}
network.close();
await sandbox.close();

async function outcome(request: StepRequest, directory: string): Promise<StepOutcome> {
  const output = { stdout: '', stderr: '' };
  const result = await sandbox
    .runStep({
      lowers: request.scratch ? [] : [middle, base],
      directory,
      argv: ['/bin/sh', '-c', request.script ?? ':'],
      env: { PATH: '/bin' },
      cwd: '/',
      user: '',
      onStdout: chunk => (output.stdout += chunk.toString()),
      onStderr: chunk => (output.stderr += chunk.toString()),
      mounts: (request.mounts ?? []).map((mount, index) => mountOf(mount, `${directory}.${index}`)),
      network: request.gateway ? network.allocate() : 'none',
      ...request.step,
    })
    .catch((thrown: HoldfastError) => ({ error: thrown.code }));
  if ('error' in result)
    return { ...output, error: result.error, exitCode: -1, changes: [], injected: [], owned: '' };
  return {
    ...output,
    exitCode: result.exitCode,
    changes: namesBelow(result.upper),
    injected: result.injectedPaths,
    kept: (request.mounts ?? []).flatMap((mount, index) =>
      mount.type === 'layers' && mount.writes === 'kept'
        ? namesBelow(join(`${directory}.${index}`, 'upper')).map(name => `${index}/${name}`)
        : [],
    ),
    owned: `${owned.uid}:${owned.gid}`,
  };
}

function namesBelow(path: string): string[] {
  return (readdirSync(path, { recursive: true }) as string[]).toSorted();
}

function mountOf(mount: MountRequest, directory: string): StepMount {
  switch (mount.type) {
    case 'layers': {
      const upper = join(directory, 'upper');
      mkdirSync(upper, { recursive: true });
      for (const [path, content] of Object.entries(mount.files ?? {})) {
        const file = join(directory, 'layer', path);
        mkdirSync(dirname(file), { recursive: true });
        if (content.startsWith('-> ')) symlinkSync(content.slice(3), file);
        else writeFileSync(file, content);
      }
      const lowers = mount.files === undefined ? [] : [join(directory, 'layer')];
      const writes = mount.writes === 'kept' ? { upper } : mount.writes;
      return { type: 'layers', target: mount.target, source: mount.source ?? '/', lowers, writes };
    }
    case 'tmpfs':
      return { size: 0, readOnly: false, ...mount };
    case 'file':
      return { mode: 0o400, uid: 0, gid: 0, ...mount, content: Buffer.from(mount.content) };
    case 'socket':
      return { mode: 0o600, uid: 0, gid: 0, ...mount, onConnection: socket => socket.pipe(socket) };
  }
}
