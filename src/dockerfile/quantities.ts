const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * Nanoseconds of a duration as Go's time.ParseDuration reads it ("1m30s", "1.5h", "0"); undefined for anything else.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match === null) return /^[+-]?0$/.test(text) ? 0 : undefined;
  let sum = 0;
  for (const [, amount, unit] of (match[2] ?? '').matchAll(/([\d.]+)([^\d.]+)/g)) {
    sum += Number(amount) * (units[unit ?? ''] ?? 0);
  }
  // Go keeps 64 bits; so far all numbers are whole and exact up to 104 days, which is plenty for a health check.
  if (!Number.isSafeInteger(Math.trunc(sum))) return undefined;
  return Math.trunc(match[1] === '-' ? -sum : sum);
}

/** Bytes of a size as docker/go-units' RAMInBytes reads it ("64m", "1.5GiB"); undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text);
  if (match === null) return undefined;
  const power = 'kmgtp'.indexOf((match[2] ?? '-').toLowerCase()) + 1;
  const bytes = Math.floor(Number(match[1]) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** What Go's strconv.ParseBool takes; undefined for anything else. */
export function truthValue(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? false : undefined;
}
