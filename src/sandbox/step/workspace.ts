import { chmodSync, mkdirSync, realpathSync, type Stats, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mount } from '../helper/mount-operations.ts';
import { overlayMount } from '../overlay.ts';
import { copyDirectory, fixedTime } from './injected-layer.ts';
import type { StepDirectories } from './mounts.ts';

/** The same on every machine: build tools write it into what they make. */
export const defaultHostName = 'holdfast';

/** What lies in a step's directory on the host. */
export interface Workspace extends StepDirectories {
  readonly root: string;
  readonly lowers: readonly string[];
  readonly injected: string;
  readonly upper: string;
  /** Working directories for the two overlay mounts, which name their layers relative to these. */
  readonly viewLinks: string;
  readonly rootLinks: string;
  /** A directory for each of the step's own mounts. */
  readonly mounts: string;
  /** Named pipes, in `lent`. */
  readonly stdout: string;
  readonly stderr: string;
}

export function makeWorkspace(directory: string, lowers: readonly string[]): Workspace {
  const root = realpathSync(directory);
  const make = (name: string): string => {
    mkdirSync(join(root, name));
    return join(root, name);
  };
  return {
    root,
    // An image made from scratch has no layer yet; an overlay needs one.
    lowers: lowers.length > 0 ? lowers : [make('empty')],
    injected: join(root, 'injected'),
    upper: join(root, 'upper'),
    view: make('view'),
    merged: make('merged'),
    devices: make('dev'),
    lent: make('lent'),
    viewLinks: make('view-layers'),
    rootLinks: make('root-layers'),
    mounts: make('mounts'),
    stdout: join(root, 'lent/stdout'),
    stderr: join(root, 'lent/stderr'),
  };
}

export function viewMount(workspace: Workspace): Mount {
  return overlayMount({ lowers: workspace.lowers, target: workspace.view }, workspace.viewLinks);
}

/** @param imageRoot the attributes of the image's "/", which an overlay takes from the upper directory. */
export function rootMount(workspace: Workspace, imageRoot: Stats): Mount {
  const { lowers, injected, upper, merged: target } = workspace;
  copyDirectory(imageRoot, upper);
  utimesSync(upper, imageRoot.atime, imageRoot.mtime);
  const work = join(workspace.root, 'work');
  mkdirSync(work);
  // volatile: a layer counts once it has been written to the store; before, a crash may lose it.
  const options = { lowers: [injected, ...lowers], upper, work, target, volatile: true };
  return overlayMount(options, workspace.rootLinks);
}

/** The files of /etc that Docker generates for a container. No address of the step is in them, so they never differ. */
export function generatedFiles(
  resolver: string,
  hostName = defaultHostName,
): Readonly<Record<string, string>> {
  return {
    hosts: `127.0.0.1 localhost ${hostName}\n::1 localhost ip6-localhost ip6-loopback\n`,
    hostname: `${hostName}\n`,
    'resolv.conf': resolver,
  };
}

export function writeGeneratedFiles(directory: string, resolver: string, hostName?: string): void {
  for (const [name, content] of Object.entries(generatedFiles(resolver, hostName))) {
    const path = join(directory, name);
    writeFileSync(path, content);
    chmodSync(path, 0o644); // Whatever the mask of who builds: apt resolves names as a user of its own.
    utimesSync(path, fixedTime, fixedTime);
  }
}
