import type { BuildEvent } from '../build/index.ts';
import { formatBytes, formatSeconds, printable } from './units.ts';
import type { Progress, ProgressTarget } from './progress.ts';

interface Running {
  readonly started: number;
  fromStore: number;
  fromUpstream: number;
  rest: string;
}

/** One line for each thing that happens, for pipes and logs. */
export function plainProgress({ write, now, received = 'recorded' }: ProgressTarget): Progress {
  const running = new Map<string, Running>();

  const show = (event: BuildEvent): void => {
    if (event.type === 'note') return write(`${printable(event.text)}\n`);
    const { step } = event;
    const state = running.get(step);
    switch (event.type) {
      case 'step-started':
        running.set(step, { started: now(), fromStore: 0, fromUpstream: 0, rest: '' });
        return write(`[${step}] ${printable(event.label)}\n`);
      case 'step-output': {
        const lines = ((state?.rest ?? '') + event.text).split(/\r?\n/);
        if (state) state.rest = lines.at(-1) ?? '';
        for (const line of lines.slice(0, -1)) write(`[${step}]   ${printable(lastWritten(line))}\n`);
        return;
      }
      case 'step-exchange':
        if (state) state[event.from === 'store' ? 'fromStore' : 'fromUpstream'] += event.bytes;
        return;
      case 'step-done':
        if (state && state.rest !== '') write(`[${step}]   ${printable(lastWritten(state.rest))}\n`);
        return write(`[${step}] ${event.cached ? 'cached' : doneText(state, event.layerBytes)}\n`);
      case 'step-failed':
        if (state && state.rest !== '') write(`[${step}]   ${printable(lastWritten(state.rest))}\n`);
        return write(`[${step}] ${event.stopped ? 'stopped' : 'failed'}\n`);
    }
  };

  const doneText = (state: Running | undefined, layerBytes: number | undefined): string => {
    if (!state) return 'done';
    const parts = [`done ${formatSeconds(now() - state.started)}`];
    if (state.fromUpstream > 0) parts.push(`${formatBytes(state.fromUpstream)} ${received}`);
    if (state.fromStore > 0) parts.push(`${formatBytes(state.fromStore)} replayed`);
    if (layerBytes !== undefined) parts.push(`layer ${formatBytes(layerBytes)}`);
    return parts.join(', ');
  };

  return { show, close: () => {} };
}

/** What a terminal would show of a line: a program that draws a bar goes back to its start and writes over it. */
function lastWritten(line: string): string {
  return line.slice(line.trimEnd().lastIndexOf('\r') + 1);
}
