import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { tarOf } from '../tar.ts';
import { zipOf } from './zip.ts';

/** A release as its author writes it. */
export interface ReleaseSpec {
  /** PEP 508 texts: what the project needs when it runs. */
  readonly requires?: readonly string[];
  readonly requiresPython?: string;
  /** PEP 508 texts: what the sdist needs to be built; fetched into the isolated environment. */
  readonly buildRequires?: readonly string[];
  /** Modules that the sdist's backend imports before it builds, each from one of `buildRequires`. */
  readonly buildImports?: readonly string[];
  /** Modules by path, `demo/__init__.py`; the default is one module that knows its version. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Console scripts: name to `module:function`. */
  readonly scripts?: Readonly<Record<string, string>>;
}

export interface BuiltFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** A wheel's METADATA, to be served beside it. */
  readonly metadata?: Buffer;
}

/** PEP 427: as a project is written in file names and module names. */
export function escapedName(project: string): string {
  return project.replaceAll(/[-_.]+/g, '_').toLowerCase();
}

/** A pure wheel (PEP 427): the same bytes for the same release. */
export function buildWheel(project: string, version: string, release: ReleaseSpec): BuiltFile {
  const escaped = escapedName(project);
  const info = `${escaped}-${version}.dist-info`;
  const metadata = Buffer.from(metadataText(project, version, release));
  const files = Object.entries({
    ...modulesOf(project, version, release),
    [`${info}/METADATA`]: metadata.toString(),
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: testkit\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    ...(release.scripts && { [`${info}/entry_points.txt`]: entryPoints(release.scripts) }),
  }).map(([path, text]) => ({ path, content: Buffer.from(text) }));
  const record = files.map(({ path, content }) => {
    const hash = createHash('sha256').update(content).digest('base64url');
    return `${path},sha256=${hash},${content.length}\n`;
  });
  const text = `${record.join('')}${info}/RECORD,,\n`;
  return {
    name: `${escaped}-${version}-py3-none-any.whl`,
    bytes: zipOf([...files, { path: `${info}/RECORD`, content: Buffer.from(text) }]),
    metadata,
  };
}

/**
 * An sdist (PEP 625) that is built by a backend of its own (PEP 517, `backend-path`), which needs nothing but Python
 * and what `buildRequires` names. `name` is for file names that are older than PEP 625.
 */
export function buildSdist(
  project: string,
  version: string,
  release: ReleaseSpec,
  name = `${escapedName(project)}-${version}`,
): BuiltFile {
  const wheel = buildWheel(project, version, release);
  const { buildRequires = [], buildImports = [] } = release;
  const tree = {
    'PKG-INFO': metadataText(project, version, release),
    'pyproject.toml': `[build-system]\nrequires = ${JSON.stringify(buildRequires)}\nbuild-backend = "backend"\nbackend-path = ["."]\n`,
    'backend.py': backend(wheel, buildImports),
  };
  const files = Object.entries(tree).map(([path, text]) => ({
    path: `${name}/${path}`,
    content: Buffer.from(text),
  }));
  return { name: `${name}.tar.gz`, bytes: gzipSync(tarOf(files)) };
}

/** The wheel lies in the backend itself: what a build makes is then no matter of the machine's Python. */
function backend({ name, bytes, metadata }: BuiltFile, imports: readonly string[]): string {
  return `${imports.map(one => `import ${one}\n`).join('')}import base64, os

WHEEL = base64.b64decode("${bytes.toString('base64')}")
METADATA = base64.b64decode("${(metadata ?? Buffer.alloc(0)).toString('base64')}")

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open(os.path.join(wheel_directory, "${name}"), "wb") as out:
        out.write(WHEEL)
    return "${name}"

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    info = "${name.split('-').slice(0, 2).join('-')}.dist-info"
    os.mkdir(os.path.join(metadata_directory, info))
    with open(os.path.join(metadata_directory, info, "METADATA"), "wb") as out:
        out.write(METADATA)
    return info
`;
}

function modulesOf(project: string, version: string, { modules }: ReleaseSpec): Record<string, string> {
  return modules ?? { [`${escapedName(project)}.py`]: `__version__ = "${version}"\n` };
}

function metadataText(project: string, version: string, release: ReleaseSpec): string {
  const { requires = [], requiresPython } = release;
  return [
    'Metadata-Version: 2.1',
    `Name: ${project}`,
    `Version: ${version}`,
    ...(requiresPython === undefined ? [] : [`Requires-Python: ${requiresPython}`]),
    ...requires.map(one => `Requires-Dist: ${one}`),
    '',
  ].join('\n');
}

function entryPoints(scripts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(scripts).map(([name, target]) => `${name} = ${target}\n`);
  return `[console_scripts]\n${lines.join('')}`;
}
