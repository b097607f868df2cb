import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { resolveInRoot } from '../sandbox/index.ts';
import { unlike } from './expectation.ts';
import type { FileContentTest, FileExistenceTest } from './suite.ts';

/** Permissions, owner and presence of a path; its own, where it is a symbolic link. */
export function existenceProblems(test: FileExistenceTest, view: string): string[] {
  const stats = statsOf(view, test.path);
  if (stats === undefined) return test.shouldExist ? [`${test.path} is not there`] : [];
  if (!test.shouldExist) return [`${test.path} is there`];
  const { permissions, uid, gid, isExecutableBy } = test;
  const mode = modeText(stats);
  return [
    ...(permissions === undefined || permissions === mode
      ? []
      : [`permissions are ${mode}, not ${permissions}`]),
    ...(uid === undefined || uid === stats.uid ? [] : [`the owner is ${stats.uid}, not ${uid}`]),
    ...(gid === undefined || gid === stats.gid ? [] : [`the group is ${stats.gid}, not ${gid}`]),
    ...(isExecutableBy === undefined || isExecutable(stats.mode, isExecutableBy)
      ? []
      : [`${mode}: not executable by ${isExecutableBy}`]),
  ];
}

export function contentProblems(test: FileContentTest, view: string): string[] {
  const text = textOf(view, test.path);
  if (text === undefined) return [`${test.path} is no file that can be read`];
  return unlike('content', text, test.expectedContents, test.excludedContents);
}

/** Links in the path are followed within the image. */
function statsOf(view: string, path: string): Stats | undefined {
  const names = path.split('/').filter(name => name !== '');
  const last = names.pop() ?? '';
  return lstatSync(`${view}${resolveInRoot(view, `/${names.join('/')}`)}/${last}`, { throwIfNoEntry: false });
}

const largestFile = 16 * 1024 * 1024;

function textOf(view: string, path: string): string | undefined {
  let file: number;
  try {
    file = openSync(`${view}${resolveInRoot(view, path)}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > largestFile) return undefined;
    const bytes = Buffer.alloc(stats.size);
    let read = 0;
    for (let got = -1; got !== 0 && read < bytes.length; read += got)
      got = readSync(file, bytes, read, bytes.length - read, read);
    return bytes.subarray(0, read).toString('utf8');
  } finally {
    closeSync(file);
  }
}

/** As ls(1) and Go show a mode: kind, and three times three letters. */
function modeText(stats: Stats): string {
  const kind = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-';
  const letters = 'rwxrwxrwx'.split('').map((letter, n) => ((stats.mode >> (8 - n)) & 1 ? letter : '-'));
  return `${kind}${letters.join('')}`;
}

function isExecutable(mode: number, who: NonNullable<FileExistenceTest['isExecutableBy']>): boolean {
  const bits = { owner: 0o100, group: 0o010, other: 0o001, any: 0o111 };
  return (mode & bits[who]) !== 0;
}
