import { tarError } from './header.ts';

/**
 * A numeric field of a header block: octal digits among blanks and NULs (POSIX), or base-256 where the first byte has
 * its top bit set (GNU; two's complement).
 * @throws HoldfastError TAR_NUMBER
 */
export function readNumber(field: Buffer, what: string): number {
  if (((field[0] ?? 0) & 0x80) !== 0) return readBase256(field, what);
  const text = field.toString('latin1').replace(/^[ \0]+|[ \0]+$/g, '');
  // Some writers leave garbage after the terminator; what counts ends at the first NUL or blank.
  const digits = /^[0-7]*(?=$|[ \0])/.exec(text)?.[0];
  if (digits === undefined) throw tarError('TAR_NUMBER', `A tar header's ${what} is not an octal number`);
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function readBase256(field: Buffer, what: string): number {
  const negative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = negative ? -1n : 0n;
  field.forEach((byte, index) => {
    value = (value << 8n) | BigInt(index === 0 && !negative ? byte & 0x7f : byte);
  });
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw tarError('TAR_NUMBER', `A tar header's ${what} is too large`);
}

/** A number of a PAX record: decimal, with a fraction (rounded down) where `fraction` allows one. */
export function readDecimal(text: string, what: string, fraction = false): number {
  const pattern = fraction ? /^-?\d{1,18}(\.\d*)?$/ : /^\d{1,18}$/;
  const value = pattern.test(text) ? Math.floor(Number(text)) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw tarError('TAR_NUMBER', `A PAX record's ${what} is not a number within limits: ${text.slice(0, 40)}`);
}
