import { arch } from 'node:os';
import { usageError } from '../../core/index.ts';
import {
  allow,
  dataArch,
  dataNumber,
  filterCommand,
  give,
  instructions,
  jumpIfEqual,
  load,
} from '../filter.ts';
import { findTools } from '../tools.ts';

/**
 * The system calls that give files and processes other owners, by the interface's AUDIT_ARCH (linux/audit.h). Numbers:
 * Linux, arch/x86/entry/syscalls, include/uapi/asm-generic/unistd.h.
 */
const x64 = {
  auditArch: 0xc000_003e,
  // chown fchown lchown fchownat setuid setgid setreuid setregid setgroups setresuid setresgid setfsuid setfsgid
  calls: [92, 93, 94, 260, 105, 106, 113, 114, 116, 117, 119, 122, 123],
};
const generic = {
  auditArch: 0xc000_00b7,
  // fchownat fchown setregid setgid setreuid setuid setresuid setresgid setfsuid setfsgid setgroups
  calls: [54, 55, 143, 144, 145, 146, 147, 149, 151, 152, 159],
};

const machines: Readonly<Record<string, { readonly table: typeof x64; readonly seccomp: number }>> = {
  x64: { table: x64, seccomp: 317 },
  arm64: { table: generic, seccomp: 277 },
};

const answerZero = 0x0005_0000; // SECCOMP_RET_ERRNO with no error: the call is not made, and returns 0.

/** A classic BPF program for seccomp(2): changes of owners are answered as done, and not made. */
export function ownershipFilter({ auditArch, calls }: typeof x64): Buffer {
  const one = instructions(true);
  return Buffer.concat([
    one(load, dataArch),
    one(jumpIfEqual, auditArch, 0, calls.length + 1),
    one(load, dataNumber),
    ...calls.map((number, index) => one(jumpIfEqual, number, calls.length - index)),
    one(give, allow),
    one(give, answerZero),
  ]);
}

/**
 * A command line that starts what follows it where all owners are one. It comes inside of the user namespace.
 * @throws HoldfastError SANDBOX_UNAVAILABLE, SANDBOX_TOOL_MISSING (exit 2)
 */
export function withOneOwner(): string[] {
  const machine = machines[arch()];
  if (machine === undefined)
    throw usageError('SANDBOX_UNAVAILABLE', `no filter of owners is known for ${arch()}`, {
      next: 'Build as root, or as a user with subordinate ids.',
    });
  const { perl } = findTools(['perl']);
  return filterCommand(perl, machine.seccomp, ownershipFilter(machine.table));
}
