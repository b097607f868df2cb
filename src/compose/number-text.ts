const integer = /^[-+]?(?:0b[01_]+|0x[\da-f_]+|0o?[0-7_]*|[1-9][\d_]*)$/i;

/**
 * A plain scalar that is a number, as Compose writes it where a text is wanted: `1.10` loses its zero, and `010` is 8.
 * Nothing for what is no number to Compose.
 */
export function numberText(written: string): string | undefined {
  if (integer.test(written)) {
    const digits = written.replaceAll('_', '').replace(/^[-+]/, '');
    const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
    const value = BigInt(octal) * (written.startsWith('-') ? -1n : 1n);
    return value >= -(2n ** 63n) && value < 2n ** 64n ? String(value) : floatText(Number(value));
  }
  if (/^[-+]?\.inf$/i.test(written)) return written.startsWith('-') ? '-Inf' : '+Inf';
  if (/^\.nan$/i.test(written)) return 'NaN';
  if (!/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?$/i.test(written)) return undefined;
  return floatText(Number(written));
}

/** Go's shortest form: an exponent below -4 and from 6 on. */
function floatText(value: number): string {
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (value === 0 || (exponent >= -4 && exponent < 6)) return String(value);
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}
