import type { BuildEvent } from '../build/index.ts';
import { shortContent, type CopyEvent } from '../registry/index.ts';
import { formatBytes, progressFor, type Progress } from '../report/index.ts';
import type { CopyingOptions } from './copy-options.ts';

/** The progress of copies on stderr. */
export function copyProgress({ quiet, progress }: CopyingOptions): Progress {
  return progressFor(quiet === true ? 'quiet' : progress, {
    write: text => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    columns: () => process.stderr.columns ?? 100,
    now: () => performance.now(),
    received: 'copied',
  });
}

const nowhere = { file: '', line: 0 };

/** Shows each blob of one copy as a step of its own. */
export function blobProgress(progress: Progress): (event: CopyEvent) => void {
  const show = (event: BuildEvent) => progress.show(event);
  const reached = new Map<string, number>();
  const start = (step: string, size: number) => {
    if (reached.has(step)) return;
    reached.set(step, 0);
    show({ type: 'step-started', step, label: `blob of ${formatBytes(size)}`, where: nowhere });
  };
  return event => {
    if (event.type === 'note') return show(event);
    const step = shortContent(event.blob.digest);
    start(step, event.blob.size);
    if (event.type === 'blob-done') return show(doneStep(step, event.outcome === 'copied'));
    // After a break a blob may begin at an earlier byte; what came twice is counted once.
    const bytes = event.transferred - (reached.get(step) ?? 0);
    if (bytes <= 0) return;
    reached.set(step, event.transferred);
    show(received(step, bytes));
  };
}

/** Shows one copy of many as a step: bytes of all its blobs together. */
export function imageProgress(progress: Progress, step: string, label: string): ImageProgress {
  const show = (event: BuildEvent) => progress.show(event);
  const reached = new Map<string, number>();
  show({ type: 'step-started', step, label, where: nowhere });
  return {
    onEvent(event) {
      if (event.type === 'note') return show({ type: 'note', text: `${label}: ${event.text}` });
      if (event.type === 'blob-done') return;
      const bytes = event.transferred - (reached.get(event.blob.digest) ?? 0);
      if (bytes <= 0) return;
      reached.set(event.blob.digest, event.transferred);
      show(received(step, bytes));
    },
    done: changed => show(doneStep(step, changed)),
    failed: () => show({ type: 'step-failed', step }),
  };
}

export interface ImageProgress {
  readonly onEvent: (event: CopyEvent) => void;
  /** `changed` tells whether anything travelled. */
  readonly done: (changed: boolean) => void;
  readonly failed: () => void;
}

function received(step: string, bytes: number): BuildEvent {
  return { type: 'step-exchange', step, url: '', status: 200, bytes, from: 'upstream' };
}

function doneStep(step: string, changed: boolean): BuildEvent {
  return { type: 'step-done', step, cached: !changed };
}
