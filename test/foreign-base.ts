import { hostPlatform, type Platform } from '../src/core/index.ts';
import type { Store } from '../src/store/index.ts';
import { tarOf } from '../testkit/tar.ts';
import { putImage, tinyTar } from './tiny-base.ts';

/** A platform that this machine's processor is not. */
export const foreignPlatform: Platform = {
  os: 'linux',
  architecture: hostPlatform().architecture === 'arm64' ? 'amd64' : 'arm64',
};

/** Instructions for `mkdirat(AT_FDCWD, "/made", 0755)` and `exit(0)` under Linux, and what they need of the ELF header. */
const programs: Readonly<Record<string, { readonly machine: number; readonly code: string }>> = {
  arm64: {
    machine: 183,
    code: '600c8092e1000010a23d80d2480480d2010000d4000080d2a80b80d2010000d4',
  },
  amd64: {
    machine: 62,
    code: '48c7c79cffffff488d3515000000baed010000b8020100000f0531ffb83c0000000f05',
  },
};

/** An ELF file of one segment that makes the directory `/made`. */
function maker({ architecture }: Platform): Buffer {
  const program = programs[architecture];
  if (program === undefined) throw new Error(`no program for ${architecture}`);
  const code = Buffer.concat([Buffer.from(program.code, 'hex'), Buffer.from('/made\0')]);
  const header = Buffer.alloc(120);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(program.machine, 18);
  header.writeUInt32LE(1, 20);
  const fields: [offset: number, value: number][] = [
    [24, 0x400078],
    [32, 64],
    [72, 0],
    [80, 0x400000],
    [88, 0x400000],
    [96, 120 + code.length],
    [104, 120 + code.length],
    [112, 0x1000],
  ];
  for (const [offset, value] of fields) header.writeBigUInt64LE(BigInt(value), offset);
  for (const [offset, value] of [
    [52, 64],
    [54, 56],
    [56, 1],
    [64, 1],
    [68, 5],
  ] as const)
    header.writeUInt16LE(value, offset);
  return Buffer.concat([header, code]);
}

/**
 * `multi:1` in a store: an index of busybox for this machine and, for the other platform, an image of nothing but
 * `/make`, which makes the directory `/made`.
 */
export async function putMultiBase(store: Store): Promise<void> {
  const foreign = tarOf([
    { path: 'etc/', type: '5', mode: 0o755 },
    { path: 'make', content: maker(foreignPlatform), mode: 0o755 },
  ]);
  const images = [
    await putImage(store, await tinyTar(), hostPlatform()),
    await putImage(store, foreign, foreignPlatform),
  ];
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const index = await store.put(JSON.stringify({ schemaVersion: 2, mediaType, manifests: images }));
  await store.tag('multi:1', { mediaType, ...index });
}
