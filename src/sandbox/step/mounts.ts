import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { insideUserNamespace } from '../namespaces.ts';
import type { Mount } from '../helper/mount-operations.ts';

/** Paths that every step uses, on the host. */
export interface StepDirectories {
  /** The image alone. */
  readonly view: string;
  /** Image, injected files and changes: the root of the step. */
  readonly merged: string;
  /** The step's /dev while it is being filled. */
  readonly devices: string;
  /**
   * A tmpfs out of the step's sight, with the files that are lent to it one by one: device nodes, generated files,
   * the pipes of its output. Not on disk, as /proc shows a step where such a file lies in its file system.
   */
  readonly lent: string;
}

/** Where the fixed mounts go in the image, symbolic links resolved. */
export interface Mountpoints {
  readonly proc: string;
  readonly sys: string;
  readonly dev: string;
  /** Generated file, to where the image has that file. */
  readonly generated: ReadonlyMap<string, string>;
}

const inert = ['nosuid', 'nodev', 'noexec'];
export const deviceNames = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** As Docker: what would let root in a container act on the kernel, or tell of the host. */
const readOnly = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];
const masked = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

/** What of a step changes the fixed mounts. */
export interface MountSettings {
  /** Whether the step's network namespace is its own: without one a user namespace cannot have its own /sys. */
  readonly ownNetwork: boolean;
  /** Whether the kernel's files are left as they are: writable, and none masked. */
  readonly insecure: boolean;
  /** Whether the kernel gives a new /proc and /sys; else there is the container's /proc, and no /sys. */
  readonly ownKernelFiles: boolean;
  /** Bytes of /dev/shm. */
  readonly shmSize: number;
}

/** Mounts before the step's files are known. */
export function earlyMounts(directories: StepDirectories, view: Mount): Mount[] {
  const { devices, lent } = directories;
  return [
    view,
    // nodev: what a step makes with mknod in /dev is inert. Only the nodes that are bound there work.
    {
      source: 'tmpfs',
      target: devices,
      type: 'tmpfs',
      options: ['nosuid', 'nodev', 'mode=755', 'size=65536k'],
    },
    { source: 'tmpfs', target: lent, type: 'tmpfs', options: ['nosuid', 'mode=700', 'size=64m'] },
  ];
}

/** The step's root and all that is mounted in every step. */
export function lateMounts(
  directories: StepDirectories,
  root: Mount,
  points: Mountpoints,
  { ownNetwork, insecure, ownKernelFiles, shmSize }: MountSettings,
): Mount[] {
  const { merged, devices, lent } = directories;
  const inImage = (path: string) =>
    merged + path.replace(/^\/proc/, points.proc).replace(/^\/sys/, points.sys);
  const bind = (source: string, target: string, ...options: string[]): Mount => ({
    source,
    target,
    type: 'none',
    options: ['bind', ...options],
  });
  const hasSys = ownKernelFiles && (ownNetwork || !insideUserNamespace());
  const kernelFences = () => [
    ...readOnly.filter(existsSync).map(path => bind(inImage(path), inImage(path), 'ro', ...inert)),
    ...masked
      .filter(path => existsSync(path) && (hasSys || !path.startsWith('/sys/')))
      .map(path =>
        statSync(path).isDirectory()
          ? { source: 'tmpfs', target: inImage(path), type: 'tmpfs', options: ['ro', ...inert] }
          : bind(`${devices}/null`, inImage(path)),
      ),
  ];
  return [
    ...deviceNames.map(name => bind(`${deviceSource(directories)}/${name}`, `${devices}/${name}`)),
    {
      source: 'devpts',
      target: `${devices}/pts`,
      type: 'devpts',
      options: ['newinstance', 'ptmxmode=0666', 'mode=0620', 'nosuid', 'noexec'],
    },
    {
      source: 'shm',
      target: `${devices}/shm`,
      type: 'tmpfs',
      options: [...inert, 'mode=1777', `size=${shmSize}`],
    },
    root,
    ownKernelFiles
      ? { source: 'proc', target: inImage('/proc'), type: 'proc', options: inert }
      : { source: '/proc', target: inImage('/proc'), type: 'none', options: ['rbind'] },
    hasSys
      ? {
          source: 'sysfs',
          target: inImage('/sys'),
          type: 'sysfs',
          options: [...(insecure ? [] : ['ro']), ...inert],
        }
      : { source: 'tmpfs', target: inImage('/sys'), type: 'tmpfs', options: ['ro', ...inert] },
    ...(insecure ? [] : kernelFences()),
    { source: devices, target: merged + points.dev, type: 'none', options: ['rbind'] },
    ...[...points.generated].map(([name, path]) => bind(`${lent}/${name}`, merged + path)),
  ];
}

/** The host's nodes are only lent in a user namespace, where nobody owns them and so nobody can change them. */
function deviceSource(directories: StepDirectories): string {
  return insideUserNamespace() ? '/dev' : directories.lent;
}

/** Fills the step's /dev with what is not a device, and with files to bind the devices over. */
export function makeDeviceEntries(directory: string): void {
  for (const name of ['pts', 'shm']) mkdirSync(`${directory}/${name}`);
  for (const name of deviceNames) writeFileSync(`${directory}/${name}`, '');
  symlinkSync('pts/ptmx', `${directory}/ptmx`);
  symlinkSync('/proc/self/fd', `${directory}/fd`);
  for (const [fd, name] of ['stdin', 'stdout', 'stderr'].entries())
    symlinkSync(`/proc/self/fd/${fd}`, `${directory}/${name}`);
}
