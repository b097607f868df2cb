import { zipOf } from '../pypi/zip.ts';

/** A version of a module as its author tags it. */
export interface GoModule {
  /** With a dot in its first element, as all that can be downloaded: `example.org/tool`. */
  readonly path: string;
  /** Canonical: `v1.2.3`. */
  readonly version: string;
  /** RFC 3339: the commit's. */
  readonly time: string;
  /** Versions by module path. */
  readonly requires?: Readonly<Record<string, string>>;
  /** Content by path; `go.mod` is made. */
  readonly files: Readonly<Record<string, string>>;
}

/** A main program that prints a line. `imports` are packages that it is linked with for their effects. */
export function goProgram(line: string, imports: readonly string[] = []): string {
  const lines = ['"fmt"', ...imports.map(path => `_ ${JSON.stringify(path)}`)].map(text => `\t${text}\n`);
  return `package main\n\nimport (\n${lines.join('')})\n\nfunc main() { fmt.Println(${JSON.stringify(line)}) }\n`;
}

/** Go modules reference, "go.mod files". */
export function goMod(path: string, requires: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries(requires).map(([module, version]) => `require ${module} ${version}\n`);
  return [`module ${path}\n`, 'go 1.18\n', ...lines].join('\n');
}

/** "Module zip files": every file below `path@version/`, no directories. */
export function moduleZip({ path, version, requires, files }: GoModule): Buffer {
  const all = { ...files, 'go.mod': goMod(path, requires) };
  return zipOf(
    Object.entries(all)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, content]) => ({ path: `${path}@${version}/${file}`, content: Buffer.from(content) })),
  );
}
