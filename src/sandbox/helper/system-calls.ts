import { arch } from 'node:os';
import { usageError } from '../../core/index.ts';

/** Numbers of system calls: Linux, arch/x86/entry/syscalls, and include/uapi/asm-generic/unistd.h for the others. */
const numbers = {
  prctl: { x64: 157, generic: 167 },
  capget: { x64: 125, generic: 90 },
  capset: { x64: 126, generic: 91 },
  mount: { x64: 165, generic: 40 },
  umount2: { x64: 166, generic: 39 },
  pivot_root: { x64: 155, generic: 41 },
  unshare: { x64: 272, generic: 97 },
  setns: { x64: 308, generic: 268 },
  sethostname: { x64: 170, generic: 161 },
  personality: { x64: 135, generic: 92 },
  mknodat: { x64: 259, generic: 33 },
  seccomp: { x64: 317, generic: 277 },
  setgroups: { x64: 116, generic: 159 },
  setresgid: { x64: 119, generic: 149 },
  setresuid: { x64: 117, generic: 147 },
  setsid: { x64: 112, generic: 157 },
} as const;

const tables: Readonly<Record<string, 'x64' | 'generic'>> = {
  x64: 'x64',
  arm64: 'generic',
  riscv64: 'generic',
  loong64: 'generic',
};

/**
 * The numbers that hold on this machine, as a list of Perl.
 * @throws HoldfastError SANDBOX_UNAVAILABLE (exit 2) for a machine whose calls are not known here
 */
export function callNumbers(): string {
  const table = tables[arch()];
  if (table === undefined) throw unknownMachine();
  return Object.entries(numbers)
    .map(([name, call]) => `${name} => ${call[table]}`)
    .join(', ');
}

export function unknownMachine(): Error {
  return usageError(
    'SANDBOX_UNAVAILABLE',
    `build steps cannot be isolated on ${arch()}: its system calls are not known`,
    { next: 'Build on x86-64, ARM64, RISC-V or LoongArch.' },
  );
}
