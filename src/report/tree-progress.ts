import { colors } from './colors.ts';
import type { BuildEvent } from '../build/index.ts';
import { formatBytes, formatSeconds, printable } from './units.ts';
import type { Progress, ProgressTarget } from './progress.ts';

interface StepRow {
  readonly label: string;
  readonly started: number;
  ended?: number;
  state: 'running' | 'cached' | 'done' | 'failed' | 'stopped';
  fromStore: number;
  fromUpstream: number;
  layerBytes?: number | undefined;
  lastLine: string;
}

const redrawMilliseconds = 100;

/** Rows of the live part: running steps, and the newest of the finished ones. */
const outputTail = 20;

/**
 * A live tree of steps: finished ones scroll up as plain lines, running ones stay at the bottom with their time,
 * bytes and last line of output.
 */
export function treeProgress(target: ProgressTarget): Progress {
  const rows = new Map<string, StepRow>();
  const tails = new Map<string, string[]>();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  const clear = () => {
    if (drawn > 0) target.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };

  const draw = () => {
    clear();
    const lines = [...rows.values()].filter(row => row.state === 'running').flatMap(runningLines);
    for (const line of lines) target.write(`${line}\n`);
    drawn = lines.length;
  };

  const runningLines = (row: StepRow): string[] => {
    const width = Math.max(20, target.columns() - 1);
    const head = clip(`${row.label}`, width - 24);
    const line = `${colors.cyan('◐')} ${head} ${colors.dim(rowFacts(row, target.now()))}`;
    return row.lastLine === '' ? [line] : [line, colors.dim(`  │ ${clip(row.lastLine, width - 4)}`)];
  };

  const finish = (step: string, row: StepRow) => {
    row.ended = target.now();
    clear();
    const width = Math.max(20, target.columns() - 1);
    target.write(`${markOf(row)} ${clip(row.label, width - 34)} ${colors.dim(rowFacts(row, row.ended))}\n`);
    if (row.state === 'failed')
      for (const line of tails.get(step) ?? []) target.write(`  │ ${clip(line, width - 4)}\n`);
    tails.delete(step);
    draw();
  };

  const show = (event: BuildEvent): void => {
    timer ??= setInterval(draw, redrawMilliseconds).unref();
    if (event.type === 'note') {
      clear();
      target.write(`${printable(event.text)}\n`);
      return draw();
    }
    const { step } = event;
    const row = rows.get(step);
    switch (event.type) {
      case 'step-started': {
        const label = `[${step}] ${printable(event.label)}`;
        rows.set(step, {
          label,
          started: target.now(),
          state: 'running',
          fromStore: 0,
          fromUpstream: 0,
          lastLine: '',
        });
        return draw();
      }
      case 'step-output': {
        const lines = event.text
          .split(/[\r\n]+/)
          .map(printable)
          .filter(line => line.trim() !== '');
        tails.set(step, [...(tails.get(step) ?? []), ...lines].slice(-outputTail));
        if (row) row.lastLine = lines.at(-1) ?? row.lastLine;
        return;
      }
      case 'step-exchange':
        if (row) row[event.from === 'store' ? 'fromStore' : 'fromUpstream'] += event.bytes;
        return;
      case 'step-done':
        if (!row) return;
        row.state = event.cached ? 'cached' : 'done';
        row.layerBytes = event.layerBytes;
        return finish(step, row);
      case 'step-failed':
        if (!row) return;
        row.state = event.stopped ? 'stopped' : 'failed';
        return finish(step, row);
    }
  };

  return {
    show,
    close: () => {
      clearInterval(timer);
      clear();
    },
  };
}

function markOf({ state }: StepRow): string {
  if (state === 'failed') return colors.red('✗');
  return state === 'done' ? colors.green('✓') : colors.dim(state === 'stopped' ? '○' : '●');
}

function rowFacts(row: StepRow, now: number): string {
  if (row.state === 'cached' || row.state === 'stopped') return row.state;
  const facts = [formatSeconds((row.ended ?? now) - row.started)];
  if (row.fromUpstream > 0) facts.push(`↓ ${formatBytes(row.fromUpstream)}`);
  if (row.fromStore > 0) facts.push(`⟲ ${formatBytes(row.fromStore)}`);
  if (row.layerBytes !== undefined) facts.push(`layer ${formatBytes(row.layerBytes)}`);
  return facts.join('  ');
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
}
