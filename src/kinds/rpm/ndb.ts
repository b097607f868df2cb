import { DamagedDatabase } from './sqlite-table.ts';

/** `RpmP`, `Slot` and `BlbS`, as little-endian numbers. */
const magic = { file: 0x506d7052, slot: 0x746f6c53, blob: 0x53626c42 };
const pageSize = 4096;
/** Slots as long as blocks; the first two hold the file's own header. */
const unit = 16;

/**
 * The headers in rpm's own database, `Packages.db` (rpm, lib/backend/ndb/rpmpkg.c): slots at the beginning say where
 * each package's lies. No two may overlap, so that no file costs more than its size.
 * @throws DamagedDatabase
 */
export function* ndbHeaders(file: Buffer): Generator<Buffer> {
  if (file.length < pageSize || file.readUInt32LE(0) !== magic.file)
    throw new DamagedDatabase("it is no database of rpm's");
  const end = Math.min(file.readUInt32LE(12) * pageSize, file.length - unit);
  let room = file.length;
  for (let at = 2 * unit; at <= end - unit; at += unit) {
    if (file.readUInt32LE(at) !== magic.slot) throw new DamagedDatabase(`there is no slot at ${at}`);
    const [index, start] = [file.readUInt32LE(at + 4), file.readUInt32LE(at + 8) * unit];
    if (start === 0) continue;
    const head = start + unit <= file.length ? file.subarray(start, start + unit) : Buffer.alloc(unit);
    const length = head.readUInt32LE(12);
    room -= length;
    const isRight = head.readUInt32LE(0) === magic.blob && head.readUInt32LE(4) === index;
    if (!isRight || start + unit + length > file.length || room < 0)
      throw new DamagedDatabase(`package ${index} is not where its slot says`);
    yield file.subarray(start + unit, start + unit + length);
  }
}
