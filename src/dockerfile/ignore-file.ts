import { posix } from 'node:path';
import { trimSpaces } from './characters.ts';

/**
 * The patterns of a .dockerignore file, cleaned (moby/patternmatcher's ignorefile): comments are lines that begin
 * with `#`, leading slashes mean nothing, `! /x` is `!x`.
 */
export function readIgnoreFile(text: string): string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
    const pattern = line.startsWith('#') ? '' : trimSpaces(line);
    if (pattern === '') continue;
    const inverted = pattern.startsWith('!');
    const path = inverted ? trimSpaces(pattern.slice(1)) : pattern;
    patterns.push((inverted ? '!' : '') + withoutLeadingSlash(path === '' ? '' : cleanPath(path)));
  }
  return patterns;
}

function withoutLeadingSlash(path: string): string {
  return path.length > 1 && path.startsWith('/') ? path.slice(1) : path;
}

/** Go's filepath.Clean: the shortest name of a path, without a slash at its end; `.` for nothing. */
export function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
