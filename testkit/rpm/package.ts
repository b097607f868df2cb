import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A package as its author writes it. */
export interface RpmSpec {
  readonly name: string;
  readonly version: string;
  /** The default is `1`. */
  readonly release?: string;
  readonly epoch?: number;
  /** What other packages must be there. */
  readonly requires?: readonly string[];
  /** Further names that it answers to. */
  readonly provides?: readonly string[];
  /** Content by absolute path; a path in a `bin` directory is a program. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Builds a package without architecture into a directory. It lacks nothing that rpm itself would not find in its files. */
export async function buildRpm(spec: RpmSpec, directory: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'holdfast-rpmbuild-'));
  try {
    const files = Object.entries(spec.files ?? {});
    for (const [path, content] of files) {
      const place = join(work, 'files', path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, content, { mode: /\/bin\//.test(path) ? 0o755 : 0o644 });
    }
    await mkdir(join(work, 'files'), { recursive: true });
    const specFile = join(work, 'package.spec');
    await writeFile(specFile, specText(spec, work));
    const macros = [`_topdir ${work}`, '_binary_payload w6.gzdio', '_build_id_links none'];
    const defines = macros.flatMap(macro => ['--define', macro]);
    const env = { PATH: process.env['PATH'], HOME: work, LC_ALL: 'C.UTF-8' };
    await promisify(execFile)('rpmbuild', ['-bb', '--quiet', ...defines, specFile], { env });
    const built = join(work, 'RPMS', 'noarch');
    for (const file of await readdir(built)) await cp(join(built, file), join(directory, file));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function specText(
  { name, version, release = '1', epoch, requires = [], provides = [], files = {} }: RpmSpec,
  work: string,
): string {
  return [
    `Name: ${name}`,
    `Version: ${version}`,
    `Release: ${release}`,
    ...(epoch === undefined ? [] : [`Epoch: ${epoch}`]),
    'Summary: A package of the tests',
    'License: Apache-2.0',
    'BuildArch: noarch',
    'AutoReqProv: no',
    ...requires.map(one => `Requires: ${one}`),
    ...provides.map(one => `Provides: ${one}`),
    '%description',
    'A package of the tests.',
    '%install',
    `mkdir -p %{buildroot} && cp -a ${work}/files/. %{buildroot}/`,
    '%files',
    ...Object.keys(files),
    '',
  ].join('\n');
}
