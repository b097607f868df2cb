/** A file for a tar made by hand: the test world does not lean on the code that it tests. */
export interface TarFile {
  readonly path: string;
  readonly content?: Buffer;
  /** POSIX ustar typeflag; `0` a file, `5` a directory, `2` a symbolic link, `1` a hard link. */
  readonly type?: string;
  readonly link?: string;
  readonly mode?: number;
  /** User and group; root's where nothing is said. */
  readonly owner?: readonly [number, number];
  /** Unix seconds. */
  readonly mtime?: number;
}

const block = 512;

/** A ustar archive (POSIX.1-1988) of small files with short names. */
export function tarOf(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(file => {
    const content = file.content ?? Buffer.alloc(0);
    return [header(file, content.length), content, Buffer.alloc((block - (content.length % block)) % block)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(
  { path, type = '0', link = '', mode = 0o644, owner = [0, 0], mtime = 0 }: TarFile,
  size: number,
): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  const fields: [string, number][] = [
    [path, 0],
    [octal(mode, 8), 100],
    [octal(owner[0], 8), 108],
    [octal(owner[1], 8), 116],
    [octal(size, 12), 124],
    [octal(mtime, 12), 136],
    ['        ', 148],
    [type, 156],
    [link, 157],
    ['ustar\u000000', 257],
  ];
  for (const [text, offset] of fields) bytes.write(text, offset, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}
