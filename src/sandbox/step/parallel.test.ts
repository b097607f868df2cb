import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openStepNetwork } from '../network/network.ts';
import { runStep } from './step.ts';
import type { Step } from './step-types.ts';

/** Root needs no re-execution, as a step mounts nothing in this process's namespace. */
describe.runIf(process.getuid?.() === 0)('steps of one process', () => {
  let scratch: string;
  let count = 0;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'holdfast-parallel-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  function step(script: string, more: Partial<Step> = {}): Step {
    const directory = join(scratch, String((count += 1)));
    mkdirSync(directory);
    const argv = ['/bin/sh', '-c', script];
    const lowers = [join(inject('sandboxPrograms'), 'rootfs')];
    return { lowers, directory, argv, env: { PATH: '/bin' }, cwd: '/', user: '', network: 'none', ...more };
  }

  test('run side by side on the same layers', async () => {
    const network = await openStepNetwork({ ports: [80] });
    network.listeners.tcp[0]?.server.on('connection', socket => socket.end(socket.remoteAddress ?? ''));
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const attachment = network.allocate();
        let output = '';
        const script = `cat </dev/tcp/192.0.2.1/80; echo ${index} >/tmp/own`;
        const onStdout = (chunk: Buffer) => (output += chunk.toString());
        const { exitCode, upper } = await runStep(step(script, { network: attachment, onStdout }));
        expect(readdirSync(join(upper, 'tmp'))).toEqual(['own']);
        return exitCode === 0 && output === attachment.clientAddress;
      }),
    );
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => true));
    network.close();
  });

  test('an aborted step ends, with the reason given', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const onStdout = () => controller.abort(reason);
    const running = runStep(step('echo up; sleep 1000', { signal: controller.signal, onStdout }));
    await expect(running).rejects.toBe(reason);
    await expect(runStep(step(':', { signal: controller.signal }))).rejects.toBe(reason);
    // In the middle of the setup.
    const early = new AbortController();
    const starting = runStep(step('sleep 1000', { signal: early.signal }));
    early.abort(reason);
    await expect(starting).rejects.toBe(reason);
  });
});
