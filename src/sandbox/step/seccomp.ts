import { arch, endianness } from 'node:os';
import {
  allow,
  and,
  dataArch,
  dataNumber,
  filterCommand,
  give,
  instructions,
  jumpIfEqual,
  load,
} from '../filter.ts';
import { unknownMachine } from '../helper/system-calls.ts';
import type { Tools } from '../tools.ts';

/**
 * System calls that reach what no namespace covers, or much of the kernel for little: the keys of whoever builds, the
 * kernel's log, its measuring and its programs. Docker's default profile refuses all of these (moby, profiles/seccomp).
 * Where the numbers come from: Linux, arch/x86/entry/syscalls, and include/uapi/asm-generic/unistd.h for the others.
 */
const calls = {
  add_key: { x64: 248, ia32: 286, generic: 217, arm: 309 },
  request_key: { x64: 249, ia32: 287, generic: 218, arm: 310 },
  keyctl: { x64: 250, ia32: 288, generic: 219, arm: 311 },
  syslog: { x64: 103, ia32: 103, generic: 116, arm: 103 },
  bpf: { x64: 321, ia32: 357, generic: 280, arm: 386 },
  perf_event_open: { x64: 298, ia32: 336, generic: 241, arm: 364 },
  userfaultfd: { x64: 323, ia32: 374, generic: 282, arm: 388 },
  open_by_handle_at: { x64: 304, ia32: 342, generic: 265, arm: 371 },
  kexec_load: { x64: 246, ia32: 283, generic: 104, arm: 347 },
  quotactl: { x64: 179, ia32: 131, generic: 60, arm: 131 },
  io_uring_setup: { x64: 425, ia32: 425, generic: 425, arm: 425 },
  io_uring_enter: { x64: 426, ia32: 426, generic: 426, arm: 426 },
  io_uring_register: { x64: 427, ia32: 427, generic: 427, arm: 427 },
} as const;

/** socket(2), for one family: VMs talk to their hosts by it, past every network namespace. */
const socketCall = { x64: 41, ia32: 359, generic: 198, arm: 281 } as const;
const vsock = 40;

type Table = 'x64' | 'ia32' | 'generic' | 'arm';

/** The system call interfaces that a machine's kernel serves: by AUDIT_ARCH (linux/audit.h), which numbers hold. */
interface Machine {
  readonly interfaces: readonly (readonly [auditArch: number, Table])[];
  /** The number of seccomp(2). */
  readonly seccomp: number;
}

const machines: Readonly<Record<string, Machine>> = {
  x64: {
    interfaces: [
      [0xc000_003e, 'x64'],
      [0x4000_0003, 'ia32'],
    ],
    seccomp: 317,
  },
  arm64: {
    interfaces: [
      [0xc000_00b7, 'generic'],
      [0x4000_0028, 'arm'],
    ],
    seccomp: 277,
  },
  riscv64: { interfaces: [[0xc000_00f3, 'generic']], seccomp: 277 },
  loong64: { interfaces: [[0xc000_0102, 'generic']], seccomp: 277 },
};

const firstArgument = { little: 16, big: 20 };
const refuse = 0x0005_0001; // SECCOMP_RET_ERRNO with EPERM
/** x32 calls are those of x64 with a bit set. */
const withoutX32 = 0xbfff_ffff;

/** A classic BPF program as seccomp(2) takes it: refuses the calls, of whatever interface they are made through. */
export function seccompFilter({ interfaces }: Pick<Machine, 'interfaces'>, littleEndian: boolean): Buffer {
  const one = instructions(littleEndian);
  const parts = interfaces.map(([auditArch, table]) => {
    const numbers = Object.values(calls).map(call => call[table]);
    const tests = numbers.map((number, index) => one(jumpIfEqual, number, numbers.length + 3 - index));
    const socket = [
      one(jumpIfEqual, socketCall[table], 0, 2),
      one(load, littleEndian ? firstArgument.little : firstArgument.big),
      one(jumpIfEqual, vsock, 1),
    ];
    const body = [
      one(load, dataNumber),
      one(and, withoutX32),
      ...tests,
      ...socket,
      one(give, allow),
      one(give, refuse),
    ];
    return Buffer.concat([one(jumpIfEqual, auditArch, 0, body.length), ...body]);
  });
  return Buffer.concat([one(load, dataArch), ...parts, one(give, refuse)]);
}

/**
 * The filter of a step on this machine, in hexadecimal. Who sets it needs CAP_SYS_ADMIN.
 * @throws HoldfastError SANDBOX_UNAVAILABLE (exit 2) for a machine whose calls are not known here
 */
export function stepFilter(): string {
  const machine = machines[arch()];
  if (machine === undefined) throw unknownMachine();
  return seccompFilter(machine, endianness() === 'LE').toString('hex');
}

/**
 * A command line that starts what follows it with the filter in place. It needs CAP_SYS_ADMIN, and so comes before what
 * takes that away; and an environment without PERL5OPT and the like.
 * @throws HoldfastError SANDBOX_UNAVAILABLE (exit 2) for a machine whose calls are not known here
 */
export function underFilter({ perl }: Tools<'perl'>): string[] {
  const machine = machines[arch()];
  if (machine === undefined) throw unknownMachine();
  const filter = seccompFilter(machine, endianness() === 'LE');
  return filterCommand(perl, machine.seccomp, filter);
}
