/** One member of an archive that a program will read, not a root filesystem: no owners, no times. */
export interface TarMember {
  /** At most 100 bytes; a directory's ends with a slash. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly content: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Bytes: headers and contents begin at multiples of it. */
export const block = 512;
const largestOctal = 0o77777777777;

/**
 * A POSIX ustar archive of these members in this order. Equal members give equal bytes.
 * @throws RangeError for a name that ustar cannot hold or content that is not `size` bytes long: both are bugs
 */
export async function* tarOf(members: Iterable<TarMember>): AsyncGenerator<Uint8Array> {
  for (const member of members) {
    yield headerOf(member);
    let written = 0;
    for await (const chunk of member.content()) {
      written += chunk.byteLength;
      yield chunk;
    }
    if (written !== member.size) throw new RangeError(`${member.name}: ${written} bytes, not ${member.size}`);
    yield Buffer.alloc((block - (written % block)) % block);
  }
  yield Buffer.alloc(2 * block);
}

/** The member's header alone; its content follows, filled up to a whole block. */
export function headerOf({ name, size }: Pick<TarMember, 'name' | 'size'>): Buffer {
  const header = Buffer.alloc(block);
  if (header.write(name) !== Buffer.byteLength(name) || Buffer.byteLength(name) > 100)
    throw new RangeError(`too long for a tar header: ${name}`);
  const directory = name.endsWith('/');
  writeOctal(header, 100, 8, directory ? 0o755 : 0o644);
  writeOctal(header, 108, 8, 0);
  writeOctal(header, 116, 8, 0);
  if (size <= largestOctal) writeOctal(header, 124, 12, size);
  else {
    // GNU's base-256 numbers, which every reader in use understands.
    header.writeBigUInt64BE(BigInt(size), 128);
    header[124] = 0x80;
  }
  writeOctal(header, 136, 12, 0);
  header.write(directory ? '5' : '0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function writeOctal(header: Buffer, offset: number, width: number, value: number): void {
  header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1');
}
