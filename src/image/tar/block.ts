import { blockSize, tarError, type TarType } from './header.ts';
import { readNumber } from './numbers.ts';

/** A header block as it stands (POSIX ustar; GNU's old fields where the magic says so), before PAX records apply. */
export interface HeaderBlock {
  readonly typeflag: string;
  readonly path: Buffer;
  readonly target: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
}

const zeros = Buffer.alloc(blockSize);

export function isZeroBlock(block: Buffer): boolean {
  return block.equals(zeros);
}

/** @throws HoldfastError TAR_CHECKSUM, TAR_NUMBER */
export function readHeaderBlock(block: Buffer): HeaderBlock {
  checkSum(block);
  const posix = block.toString('latin1', 257, 263) === 'ustar\0';
  const typeflag = String.fromCharCode(block[156] ?? 0);
  const isDevice = typeflag === '3' || typeflag === '4';
  const prefix = posix ? text(block, 345, 500) : Buffer.alloc(0);
  const name = text(block, 0, 100);
  return {
    typeflag,
    path: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    target: text(block, 157, 257),
    mode: readNumber(block.subarray(100, 108), 'mode') & 0o7777,
    uid: readNumber(block.subarray(108, 116), 'uid'),
    gid: readNumber(block.subarray(116, 124), 'gid'),
    size: readNumber(block.subarray(124, 136), 'size'),
    mtime: readNumber(block.subarray(136, 148), 'mtime'),
    // Other types may have anything here.
    major: isDevice ? readNumber(block.subarray(329, 337), 'devmajor') : 0,
    minor: isDevice ? readNumber(block.subarray(337, 345), 'devminor') : 0,
  };
}

function text(block: Buffer, from: number, to: number): Buffer {
  const nul = block.indexOf(0, from);
  return Buffer.from(block.subarray(from, nul === -1 || nul > to ? to : nul));
}

/** The sum of the bytes with the checksum's own taken as blanks; old writers summed signed bytes. */
function checkSum(block: Buffer): void {
  const stated = readNumber(block.subarray(148, 156), 'checksum');
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let index = 0; index < blockSize; index++) {
    if (index >= 148 && index < 156) continue;
    const byte = block[index] ?? 0;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  if (stated !== unsigned && stated !== signed) {
    throw tarError('TAR_CHECKSUM', 'A tar header does not match its checksum');
  }
}

/** The entry type that a typeflag stands for; `0` with a trailing slash is an old way to say directory. */
export function tarTypeOf(typeflag: string, path: Buffer): TarType {
  switch (typeflag) {
    case '0':
    case '\0':
    case '7':
      return path.at(-1) === 0x2f ? 'directory' : 'file';
    case '1':
      return 'link';
    case '2':
      return 'symlink';
    case '3':
      return 'char';
    case '4':
      return 'block';
    case '5':
      return 'directory';
    case '6':
      return 'fifo';
    case 'S':
      throw tarError('TAR_SPARSE', `The tar archive holds a sparse file in GNU's own format`);
    default:
      throw tarError('TAR_UNSUPPORTED', `The tar archive holds an entry of unknown type "${typeflag}"`);
  }
}
