import type { Operation } from './helper.ts';

/** A mount, with the options that mount(8) has for it. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** linux/mount.h: what mount(2) takes as flags, and not as text for the file system. */
const flags: Readonly<Record<string, number>> = {
  ro: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  bind: 0x1000,
  rbind: 0x5000,
};
const remount = 0x20;

/** A bind mount takes its flags in a second call: the first one ignores them. */
export function mountOperations(mounts: readonly Mount[]): Operation[] {
  return mounts.flatMap(({ source, target, type, options }): Operation[] => {
    const all = options.reduce((sum, option) => sum | (flags[option] ?? 0), 0);
    const data = options.filter(option => flags[option] === undefined).join(',');
    const call = (given: number): Operation => ['mount', source, target, type, String(given), data];
    const binding = all & 0x5000;
    if (binding === 0 || binding === all) return [call(all)];
    return [call(binding), call((all & ~0x4000) | remount)];
  });
}
