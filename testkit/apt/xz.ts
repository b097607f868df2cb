import { crc32 } from 'node:zlib';

/**
 * An .xz file that stores its content without compressing it: real readers take it, and the test world needs no
 * compressor. The .xz file format 1.2.1; LZMA2 chunks of the kind "uncompressed".
 */
export function storedXz(content: Uint8Array): Buffer {
  const flags = Buffer.from([0x00, 0x01]); // check: CRC32
  const header = Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), flags, crc(flags)]);
  if (content.byteLength === 0) return closed(header, []);
  const blockHeader = withCrc(Buffer.from([0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00])); // LZMA2, 8 MiB
  const data = storedLzma2(content);
  const unpadded = blockHeader.byteLength + data.byteLength + 4;
  const block = Buffer.concat([blockHeader, padded(data), crc(content)]);
  return closed(Buffer.concat([header, block]), [[unpadded, content.byteLength]]);
}

function storedLzma2(content: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < content.byteLength; at += 0x10000) {
    const piece = content.subarray(at, at + 0x10000);
    const size = Buffer.alloc(2);
    size.writeUInt16BE(piece.byteLength - 1);
    // 1: the dictionary starts anew; 2: it goes on.
    parts.push(Buffer.from([at === 0 ? 0x01 : 0x02]), size, piece);
  }
  return Buffer.concat([...parts, Buffer.from([0x00])]);
}

function closed(start: Buffer, records: readonly (readonly number[])[]): Buffer {
  const index = withCrc(
    padded(Buffer.from([0x00, ...variableLength(records.length), ...records.flat().flatMap(variableLength)])),
  );
  const sizeAndFlags = Buffer.alloc(6);
  sizeAndFlags.writeUInt32LE(index.byteLength / 4 - 1);
  sizeAndFlags.set([0x00, 0x01], 4);
  return Buffer.concat([start, index, crc(sizeAndFlags), sizeAndFlags, Buffer.from('YZ')]);
}

function variableLength(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.byteLength % 4)) % 4)]);
}

function crc(bytes: Uint8Array): Buffer {
  const result = Buffer.alloc(4);
  result.writeUInt32LE(crc32(bytes));
  return result;
}

function withCrc(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, crc(bytes)]);
}
