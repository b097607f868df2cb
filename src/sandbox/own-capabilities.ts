import { readFileSync } from 'node:fs';

/** capabilities(7), by number. */
const numbers = { sys_chroot: 18, sys_admin: 21, mknod: 27 } as const;

/** Whether this process has a capability. */
export function hasCapability(name: keyof typeof numbers): boolean {
  const text = readFileSync('/proc/self/status', 'latin1');
  const effective = BigInt(`0x${/^CapEff:\s+(\w+)/m.exec(text)?.[1] ?? '0'}`);
  return ((effective >> BigInt(numbers[name])) & 1n) === 1n;
}
