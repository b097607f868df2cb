import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPlatform, hostPlatform, usageError, type Platform } from '../core/index.ts';
import { runTool } from './run-tool.ts';
import { findTools } from './tools.ts';

/** A machine as ELF names it, and its instructions for `exit(0)` under Linux. */
interface Machine {
  readonly bits: 32 | 64;
  readonly order: 'little' | 'big';
  /** ELF's e_machine. */
  readonly number: number;
  readonly flags?: number;
  /** In hexadecimal, in the order of bytes in memory. */
  readonly code: string;
}

/** By Go's names of architectures. */
const machines: Readonly<Record<string, Machine>> = {
  amd64: { bits: 64, order: 'little', number: 62, code: '31ffb83c0000000f05' },
  386: { bits: 32, order: 'little', number: 3, code: '31dbb801000000cd80' },
  arm64: { bits: 64, order: 'little', number: 183, code: '000080d2a80b80d2010000d4' },
  arm: { bits: 32, order: 'little', number: 40, flags: 0x5000200, code: '0000a0e30170a0e3000000ef' },
  riscv64: { bits: 64, order: 'little', number: 243, code: '130500009308d00573000000' },
  ppc64le: { bits: 64, order: 'little', number: 21, flags: 2, code: '010000380000603802000044' },
  s390x: { bits: 64, order: 'big', number: 22, code: 'a72900000a01' },
  loong64: { bits: 64, order: 'little', number: 258, code: '040080020b74810200002b00' },
};

/**
 * A program for an architecture that ends at once with exit code 0: an ELF file of one segment (elf(5)).
 * @returns nothing for an architecture that is not known here.
 */
export function tinyProgram(architecture: string): Buffer | undefined {
  const machine = machines[architecture];
  if (machine === undefined) return undefined;
  const { bits, order, number, flags = 0 } = machine;
  const code = Buffer.from(machine.code, 'hex');
  const headerSize = bits === 64 ? 64 : 52;
  const segmentSize = bits === 64 ? 56 : 32;
  const begin = headerSize + segmentSize;
  const address = 0x400000;
  const size = begin + code.length;
  const words: Words = [];
  const half = (value: number) => words.push([2, value]);
  const word = (value: number) => words.push([4, value]);
  const native = (value: number) => words.push([bits / 8, value]);
  half(2); // ET_EXEC
  half(number);
  word(1); // EV_CURRENT
  native(address + begin);
  native(headerSize); // e_phoff
  native(0); // e_shoff
  word(flags);
  for (const value of [headerSize, segmentSize, 1, 0, 0, 0]) half(value);
  const readAndExecute = 5;
  word(1); // PT_LOAD
  if (bits === 64) word(readAndExecute);
  for (const value of [0, address, address, size, size]) native(value);
  if (bits === 32) word(readAndExecute);
  native(0x1000); // p_align
  const ident = Buffer.alloc(16);
  ident.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, order === 'little' ? 1 : 2, 1]);
  return Buffer.concat([ident, packed(words, order), code]);
}

type Words = [bytes: number, value: number][];

function packed(words: Words, order: Machine['order']): Buffer {
  const parts = words.map(([bytes, value]) => {
    const part = Buffer.alloc(bytes);
    const written = Math.min(bytes, 6); // What Buffer can write at once; no value here is larger.
    if (order === 'little') part.writeUIntLE(value, 0, written);
    else part.writeUIntBE(value, bytes - written, written);
    return part;
  });
  return Buffer.concat(parts);
}

const tried = new Map<string, Promise<boolean>>();

/**
 * Refuses a platform whose programs do not run here: neither the processor nor an emulator registered with the kernel
 * (binfmt_misc, as qemu-user-static and docker's tonistiigi/binfmt set it up) takes them. That is found out by running
 * one in a root of its own, since a step's root does not hold the host's emulators either.
 * Call it inside the namespaces of `enterNamespaces`.
 * @param directory where a program may be put and run.
 * @throws HoldfastError PLATFORM_NOT_RUNNABLE (exit 2)
 */
export async function refuseUnrunnable(platform: Platform, directory: string): Promise<void> {
  const { os, architecture } = platform;
  if (os === 'linux' && architecture === hostPlatform().architecture) return;
  const trial = tried.get(architecture) ?? runs(architecture, directory);
  tried.set(architecture, trial);
  if (os === 'linux' && (await trial)) return;
  throw usageError(
    'PLATFORM_NOT_RUNNABLE',
    `this machine cannot run programs for ${formatPlatform(platform)}`,
    {
      next: 'Install qemu-user-static, or run the step on your own platform: FROM --platform=$BUILDPLATFORM.',
    },
  );
}

async function runs(architecture: string, directory: string): Promise<boolean> {
  const program = tinyProgram(architecture);
  if (program === undefined) return false;
  const { chroot } = findTools(['chroot']);
  const root = mkdtempSync(join(directory, 'holdfast-foreign-'));
  try {
    writeFileSync(join(root, 'program'), program, { mode: 0o755 });
    return (await runTool(chroot, [root, '/program'])).ok;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
