import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { zipEntries } from './index.ts';

test('ZIP archives: what is compressed, cut off, or claims too much', () => {
  expect(() => [...zipEntries(Buffer.from('PK'), 1000)]).toThrow('no directory');
  const text = Buffer.from('{"id":1}'.repeat(50));
  const packed = deflateRawSync(text);
  const entry = (size: number) => {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04_03_4b_50, 0);
    local.writeUInt16LE(1, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02_01_4b_50, 0);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(size, 24);
    central.writeUInt16LE(1, 28);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06_05_4b_50, 0);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(31 + packed.length, 16);
    return Buffer.concat([local, Buffer.from('x'), packed, central, Buffer.from('x'), end]);
  };
  const read = (archive: Buffer, largest = 1000) => [...zipEntries(archive, largest)][0]?.read();
  expect(read(entry(text.length))).toEqual(text);
  expect(() => read(entry(10))).toThrow('does not decompress');
  expect(() => read(entry(text.length), 100)).toThrow('too large');
});
