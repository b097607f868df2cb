/**
 * Bytes as a string with one character a byte. File names on Linux are bytes, not text; as byte strings they can be
 * keys of maps, and comparing them compares the raw bytes.
 */
export type ByteString = string;

export function byteString(bytes: Buffer): ByteString {
  return bytes.toString('latin1');
}

export function bytesOf(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1');
}

/** As people read it: UTF-8 decoded. */
export function shown(text: ByteString): string {
  return bytesOf(text).toString('utf8');
}

/** `parent/name`; the root of a layer is the empty string. */
export function joined(parent: ByteString, name: ByteString): ByteString {
  return parent === '' ? name : `${parent}/${name}`;
}

export function parentOf(path: ByteString): ByteString {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function nameOf(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Orders by raw bytes, which puts a directory before what it holds. */
export function byBytes(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Turns paths within a root into the bytes that system calls take. */
export function within(root: string): (path: ByteString) => Buffer {
  const prefix = Buffer.from(`${root.replace(/\/+$/, '')}/`);
  return path => Buffer.concat([prefix, bytesOf(path)]);
}
