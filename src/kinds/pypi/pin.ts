import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { ExactForm } from '../requests/exact-form.ts';
import { normalName } from './file-name.ts';
import { pipValues } from './find.ts';

/** `name[extras]==version` (PEP 508). */
export const pypiExact: ExactForm = {
  isOf: ({ name }, one) => normalName(one.name) === normalName(name),
  exact({ argument }, { version }) {
    const [written] = /^[\w.-]+(\[[\w.,\s-]*\])?/.exec(argument.text) ?? [];
    // A marker says where it counts; a URL what it is.
    return written === undefined || /[;@]/.test(argument.text) ? undefined : `${written}==${version}`;
  },
};

/** A file of a Python package. */
export interface PypiFile {
  readonly name: string;
  readonly version: string;
  /** In hex. */
  readonly sha256: string;
}

/** The lines of a requirements file that says of each package its only version and all its files. */
export function hashedRequirements(files: readonly PypiFile[]): string {
  const hashes = Map.groupBy(files, ({ name, version }) => `${name}==${version}`);
  const lines = [...hashes].map(([requirement, of]) => {
    const unique = [...new Set(of.map(({ sha256 }) => sha256))].toSorted();
    return [requirement, ...unique.map(hash => `    --hash=sha256:${hash}`)].join(' \\\n');
  });
  return lines
    .toSorted()
    .map(line => `${line}\n`)
    .join('');
}

/** The lines of a constraints file: what is installed at all is installed in these versions. */
export function constraints(files: readonly PypiFile[]): string {
  const lines = new Set(files.map(({ name, version }) => `${name}==${version}\n`));
  return [...lines].toSorted().join('');
}

/** Whether a line of a requirements file asks for nothing but a package of the index by its name. */
export function isPlainRequirement(line: string): boolean {
  const text = line.replace(/(^|\s)#.*$/, '').trim();
  return text === '' || (/^\w[\w.-]*\s*(\[[^\]]*\])?\s*([<>=!~;]|$)/.test(text) && !/\s@\s|:\/\//.test(text));
}

/** What `pip install` and `uv pip install` are given. */
export interface PipInstall {
  /** The word `install`. */
  readonly command: Argument;
  /** Names, URLs and paths. */
  readonly operands: readonly Argument[];
  /** Requirements files, with the words that name them. */
  readonly files: readonly { readonly path: string; readonly words: readonly Argument[] }[];
  /** Whether projects are installed that are then edited, which have no hashes. */
  readonly isEditable: boolean;
  readonly constraints: readonly string[];
  readonly isHashed: boolean;
}

/** Nothing for other commands, and for programs that take neither hashes nor constraints. */
export function pipInstall({ name, args }: Invocation): PipInstall | undefined {
  const module = args.findIndex(({ text }) => text === 'pip');
  const own = /^pip[\d.]*$/.test(name) ? args : module === -1 ? [] : args.slice(module + 1);
  const given = readArguments(own, { values: pipValues });
  const [command, ...operands] = given.operands;
  if (command === undefined || !/^(install|download|wheel)$/.test(command.text)) return undefined;
  const files = given.values('-r', '--requirement').map(({ name: flag, value = '', argument }) => {
    const next = own[own.indexOf(argument) + 1];
    const isApart = argument.text === flag && next !== undefined;
    return { path: value, words: isApart ? [argument, next] : [argument] };
  });
  return {
    command,
    operands,
    files,
    isEditable: given.has('-e', '--editable'),
    constraints: given.values('-c', '--constraint', '--constraints').map(({ value = '' }) => value),
    isHashed: given.has('--require-hashes'),
  };
}
