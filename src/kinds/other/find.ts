import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Firmness, Item, Remedy, Request } from '../requests/request.ts';

/** How a tool without a kind of its own is told what to install. */
interface Tool {
  /** The words behind the program, each for itself. */
  readonly commands: readonly string[];
  /** `next`: the version is the next word; `joined`: it is joined by this sign; `none`: there is no way to say one. */
  readonly version: 'next' | 'none' | { readonly sign: string };
  /** Flags whose value is the next word. */
  readonly values?: string;
  /** Words that stand for another tool's name rather than a package: `asdf install nodejs`. */
  readonly isRange?: RegExp;
}

const tools: Readonly<Record<string, Tool>> = {
  luarocks: {
    commands: ['install', 'build'],
    version: 'next',
    values: '--server --only-server --tree --lua-version',
  },
  opam: { commands: ['install'], version: { sign: '.' }, values: '-j --jobs --switch --root' },
  cabal: { commands: ['install'], version: { sign: '-' }, values: '-w --with-compiler --installdir -j' },
  brew: { commands: ['install'], version: 'none' },
  sdk: { commands: ['install'], version: 'next' },
  asdf: { commands: ['install'], version: 'next' },
  mise: { commands: ['install', 'use', 'i', 'u'], version: { sign: '@' } },
  nvm: { commands: ['install'], version: 'none', isRange: /^v?\d+\.\d+\.\d+$/ },
  fnm: { commands: ['install'], version: 'none', isRange: /^v?\d+\.\d+\.\d+$/ },
  pyenv: { commands: ['install'], version: 'none', isRange: /^[\w-]*\d+\.\d+\.\d+/ },
  rbenv: { commands: ['install'], version: 'none', isRange: /^[\w-]*\d+\.\d+\.\d+/ },
  'ansible-galaxy': {
    commands: ['install'],
    version: { sign: ':' },
    values: '-r -p --roles-path -s --server',
  },
  emerge: { commands: [], version: 'none' },
  tlmgr: { commands: ['install'], version: 'none', values: '--repository' },
  volta: { commands: ['install'], version: { sign: '@' } },
};

interface Restorer {
  readonly command: RegExp;
  readonly locked?: RegExp;
  readonly remedy: Remedy;
}

const restorers: Readonly<Record<string, Restorer>> = {
  mix: {
    command: /^deps\.get$/,
    locked: /^--check-locked$/,
    remedy: {
      advice: 'mix deps.get --check-locked',
      lockFiles: ['mix.lock'],
      edit: { append: '--check-locked' },
    },
  },
  dart: {
    command: /^pub$/,
    locked: /^--enforce-lockfile$/,
    remedy: { advice: 'dart pub get --enforce-lockfile', lockFiles: ['pubspec.lock'] },
  },
  flutter: {
    command: /^pub$/,
    locked: /^--enforce-lockfile$/,
    remedy: { advice: 'flutter pub get --enforce-lockfile', lockFiles: ['pubspec.lock'] },
  },
  pixi: {
    command: /^(install|run|i)$/,
    locked: /^--(locked|frozen)$/,
    remedy: { advice: 'pixi install --locked', lockFiles: ['pixi.lock'], edit: { append: '--locked' } },
  },
  terraform: {
    command: /^init$/,
    locked: /^-lockfile=readonly$/,
    remedy: {
      advice: 'terraform init -lockfile=readonly',
      lockFiles: ['.terraform.lock.hcl'],
      edit: { append: '-lockfile=readonly' },
    },
  },
  conan: {
    command: /^install$/,
    locked: /^--lockfile(=|$)/,
    remedy: { advice: 'conan install --lockfile=conan.lock', lockFiles: ['conan.lock'] },
  },
  swift: {
    command: /^(build|test|package)$/,
    locked: /^--(force-resolved-versions|only-use-versions-from-resolved-file|disable-automatic-resolution)$/,
    remedy: {
      advice: 'swift build --force-resolved-versions',
      lockFiles: ['Package.resolved'],
      edit: { append: '--force-resolved-versions' },
    },
  },
};

/** Tools that have no kind of their own here: they are recorded as files, but known by what is typed. */
export const otherFinder: Finder = {
  programs: [...Object.keys(tools), ...Object.keys(restorers), 'pacman', 'helm'],
  find(invocation) {
    const { name } = invocation;
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
    const restorer = Object.hasOwn(restorers, name) ? restorers[name] : undefined;
    if (name === 'pacman') return pacman(invocation);
    if (name === 'helm') return helm(invocation);
    if (tool !== undefined) return installed(invocation, tool);
    return [
      ...(name === 'mix' ? archives(invocation) : []),
      ...(restorer ? restored(invocation, restorer) : []),
    ];
  },
};

function installed(invocation: Invocation, { commands, version, values = '', isRange }: Tool): Request[] {
  const given = readArguments(invocation.args, { values });
  // `ansible-galaxy collection install …`
  const [at, ...operands] = given.operands.filter(
    ({ text }, index) => index > 0 || !/^(collection|role)$/.test(text),
  );
  if (at === undefined || (commands.length > 0 && !commands.includes(at.text))) return [];
  const items = itemsOf(commands.length === 0 ? [at, ...operands] : operands, version, isRange);
  // `nvm install --lts`, `opam install .`, `asdf install`: the newest of something, or what the project says.
  const flag = isRange && given.flag('--lts', '--latest')?.argument;
  const named = flag ? [{ name: flag.text, firmness: 'none' as const, argument: flag }] : items;
  if (named.length === 0) return [];
  const base = { ecosystem: 'other', tool: invocation.name, at, invocation } as const;
  return [{ ...base, action: 'install', items: named, constrained: false }];
}

function itemsOf(operands: readonly Argument[], version: Tool['version'], exact: RegExp | undefined): Item[] {
  const packages = operands.filter(({ text }) => !/^\.{0,2}\/|^\.$|\.(rockspec|cabal)$/.test(text));
  if (version === 'next') {
    const [name, given] = packages;
    return name === undefined ? [] : [{ name: name.text, firmness: firmnessOf(given?.text), argument: name }];
  }
  return packages.map(argument => {
    const { text } = argument;
    if (version === 'none') return { name: text, firmness: exact?.test(text) ? 'exact' : 'range', argument };
    const at = version.sign === '-' ? text.search(/-\d/) : text.indexOf(version.sign);
    return at <= 0
      ? { name: text, firmness: 'none', argument }
      : { name: text.slice(0, at), firmness: firmnessOf(text.slice(at + 1).replace(/^==/, '')), argument };
  });
}

function firmnessOf(version: string | undefined): Firmness {
  if (version === undefined || version === '') return 'none';
  return /^v?\d[\w+-]*\.\d|^[\w-]*\d+\.\d+\.\d+|^\$\{\w+\}$/.test(version) ? 'exact' : 'range';
}

/** Arch has no versions to ask for: `-S` installs the newest, `-Su` brings everything there. */
function pacman(invocation: Invocation): Request[] {
  const operation = invocation.args.find(({ text }) => /^-S[a-z]*$/.test(text) || text === '--sync');
  if (operation === undefined) return [];
  const { operands } = readArguments(invocation.args, { values: '--dbpath --root --config --cachedir' });
  const base = { ecosystem: 'other', tool: 'pacman', at: operation, invocation } as const;
  const items = operands.map(argument => ({ name: argument.text, firmness: 'none' as const, argument }));
  return [
    ...(/u/.test(operation.text) ? [{ ...base, action: 'upgrade' } as const] : []),
    ...(items.length > 0 ? [{ ...base, action: 'install', items, constrained: false } as const] : []),
  ];
}

/** `helm pull repo/chart --version 1.2.3` */
function helm(invocation: Invocation): Request[] {
  const given = readArguments(invocation.args, {
    values: '--version --repo -d --destination --untardir -n --namespace',
  });
  const [at, ...operands] = given.operands;
  const chart = operands.findLast(({ text }) => /\/|^oci:/.test(text));
  if (at === undefined || chart === undefined || !/^(pull|fetch|install|template)$/.test(at.text)) return [];
  if (/^\.{0,2}\/|\.tgz$/.test(chart.text)) return [];
  const items = [{ name: chart.text, firmness: firmnessOf(given.flag('--version')?.value), argument: chart }];
  return [{ ecosystem: 'other', tool: 'helm', at, invocation, action: 'install', items, constrained: false }];
}

/** `mix archive.install hex phx_new 1.7.14`, `mix local.hex`: the newest, or a version. */
function archives(invocation: Invocation): Request[] {
  const { operands } = readArguments(invocation.args);
  const [at, ...words] = operands;
  const base = {
    ecosystem: 'other',
    tool: 'mix',
    invocation,
    action: 'install',
    constrained: false,
  } as const;
  if (at === undefined) return [];
  if (/^local\.(hex|rebar)$/.test(at.text)) {
    const firmness = firmnessOf(words[0]?.text);
    return [{ ...base, at, items: [{ name: at.text.slice('local.'.length), firmness, argument: at }] }];
  }
  const [source, name, version] = words;
  if (!/^(archive|escript)\.install$/.test(at.text) || source?.text !== 'hex' || name === undefined)
    return [];
  return [{ ...base, at, items: [{ name: name.text, firmness: firmnessOf(version?.text), argument: name }] }];
}

function restored(invocation: Invocation, { command, locked, remedy }: Restorer): Request[] {
  const words = invocation.args.map(({ text }) => text);
  const at = invocation.args.find(({ text }) => !text.startsWith('-'));
  if (at === undefined || !command.test(at.text)) return [];
  if (at.text === 'pub' && !words.includes('get')) return [];
  if (at.text === 'package' && !words.includes('resolve')) return [];
  const isLocked = locked !== undefined && words.some(word => locked.test(word));
  const base = { ecosystem: 'other', tool: invocation.name, at, invocation } as const;
  return [{ ...base, action: 'restore', locked: isLocked ? 'yes' : 'no', remedy }];
}
