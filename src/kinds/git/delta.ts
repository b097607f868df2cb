/**
 * What a delta makes of its base: gitformat-pack, "Deltified representation". Nothing where it is malformed, where
 * the result or the base has not the size that the delta says, or where the result has more than `limit` bytes.
 */
export function appliedDelta(base: Buffer, delta: Buffer, limit: number): Buffer | undefined {
  const baseSize = sizeAt(delta, 0);
  const resultSize = sizeAt(delta, baseSize.end);
  if (baseSize.value !== base.length || resultSize.value > limit) return undefined;
  const parts: Buffer[] = [];
  let made = 0;
  for (let at = resultSize.end; at < delta.length; ) {
    const instruction = delta[at++] ?? 0;
    let part: Buffer;
    if (instruction >= 128) {
      const from = numberAt(delta, at, instruction, 4);
      const length = numberAt(delta, from.end, instruction >> 4, 3);
      at = length.end;
      const size = length.value === 0 ? 0x10000 : length.value;
      part = base.subarray(from.value, from.value + size);
      if (part.length !== size) return undefined;
    } else {
      part = delta.subarray(at, at + instruction);
      if (instruction === 0 || part.length !== instruction) return undefined;
      at += instruction;
    }
    made += part.length;
    // Before anything is put together: a small delta may copy a large base very often.
    if (made > resultSize.value) return undefined;
    parts.push(part);
  }
  return made === resultSize.value ? Buffer.concat(parts) : undefined;
}

/** Little end first, seven bits in each byte. */
function sizeAt(delta: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  let at = start;
  for (let factor = 1, byte = 128; byte >= 128 && at < delta.length; factor *= 128) {
    byte = delta[at++] ?? 0;
    value += (byte & 127) * factor;
  }
  return { value, end: at };
}

/** Little end first; the low bits of `present` say which of `bytes` bytes there are, the others being zero. */
function numberAt(
  delta: Buffer,
  start: number,
  present: number,
  bytes: number,
): { value: number; end: number } {
  let value = 0;
  let at = start;
  for (let n = 0; n < bytes; n++) if (present & (1 << n)) value += (delta[at++] ?? 0) * 256 ** n;
  return { value, end: at };
}
