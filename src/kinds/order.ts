/** By UTF-16 code units: negative, zero or positive, the same whatever the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Decimal numbers of any length: dates are in use as versions, and are longer than a machine's numbers. */
export function compareDigits(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return left.length - right.length || compareText(left, right);
}

/** The first difference between two lists; what one lacks is given as undefined. */
export function compareLists<Item>(
  a: readonly Item[],
  b: readonly Item[],
  compare: (left: Item | undefined, right: Item | undefined) => number,
): number {
  for (let n = 0; n < Math.max(a.length, b.length); n++) {
    const difference = compare(a[n], b[n]);
    if (difference !== 0) return difference;
  }
  return 0;
}
