import { compareDigits, compareText } from '../order.ts';

/** `[epoch:]version[-release]` (rpm-version(7)): an epoch that is not given is zero, a release that is not given fits any. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  return (
    compareDigits(left.epoch, right.epoch) ||
    compareSegments(left.version, right.version) ||
    (left.release === '' || right.release === '' ? 0 : compareSegments(left.release, right.release))
  );
}

function partsOf(text: string) {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(text.trim()) ?? [];
  const dash = rest.lastIndexOf('-');
  return dash < 0
    ? { epoch, version: rest, release: '' }
    : { epoch, version: rest.slice(0, dash), release: rest.slice(dash + 1) };
}

/**
 * rpm's own comparison: runs of digits or of letters, whatever parts them. `~` sorts before the end of the text, `^`
 * after it and before everything else.
 */
export function compareSegments(a: string, b: string): number {
  const [left, right] = [segmentsOf(a), segmentsOf(b)];
  for (let n = 0; ; n++) {
    const [x, y] = [left[n], right[n]];
    if (x === undefined && y === undefined) return 0;
    if (x === '~' || y === '~') {
      if (x !== y) return x === '~' ? -1 : 1;
      continue;
    }
    if (x === '^' || y === '^') {
      if (x === y) continue;
      if (x === undefined) return -1;
      if (y === undefined) return 1;
      return x === '^' ? -1 : 1;
    }
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const difference = compareRuns(x, y);
    if (difference !== 0) return difference;
  }
}

function segmentsOf(text: string): readonly string[] {
  return text.match(/\d+|[A-Za-z]+|[~^]/g) ?? [];
}

/** A number is newer than letters. */
function compareRuns(a: string, b: string): number {
  const [left, right] = [/^\d/.test(a), /^\d/.test(b)];
  if (left !== right) return left ? 1 : -1;
  return left ? compareDigits(a, b) : compareText(a, b);
}
