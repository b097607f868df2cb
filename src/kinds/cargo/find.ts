import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { type GivenArguments, readArguments } from '../requests/arguments.ts';
import { gitReferenceFirmness } from '../requests/git-reference.ts';
import type { Finder, Firmness, Item, Request } from '../requests/request.ts';

const values =
  '--version --vers --git --rev --branch --tag --path --root --registry --index --features -F --target --profile -j --jobs --target-dir --bin --example --manifest-path -Z --config --color -p --package --message-format --recipe-path -C';

/** cargo, cargo-binstall and rustup. */
export const cargoFinder: Finder = {
  programs: ['cargo', 'cargo-binstall', 'rustup'],
  find(invocation) {
    // `cargo +nightly build`
    const args = invocation.args.filter(({ text }) => !text.startsWith('+'));
    const given = readArguments(args, { values });
    if (invocation.name === 'rustup') return rustup(invocation, given.operands);
    if (invocation.name === 'cargo-binstall')
      return installed(invocation, invocation.program, given, given.operands);
    const [command, ...operands] = given.operands;
    return command === undefined ? [] : cargo(invocation, command, given, operands);
  },
};

const compiling =
  /^(build|b|run|r|test|t|bench|check|c|clippy|doc|d|fetch|rustc|rustdoc|vendor|package|publish|nextest|chef|zigbuild|auditable)$/;

function cargo(
  invocation: Invocation,
  command: Argument,
  given: GivenArguments,
  operands: readonly Argument[],
): Request[] {
  const base = { ecosystem: 'cargo', tool: 'cargo', at: command, invocation } as const;
  if (command.text === 'install' || command.text === 'binstall')
    return installed(invocation, command, given, operands);
  if (command.text === 'update' || command.text === 'generate-lockfile')
    return [{ ...base, action: 'upgrade' }];
  if (command.text === 'add')
    return [
      { ...base, action: 'install', items: operands.map(one => itemOf(one, undefined)), constrained: false },
    ];
  if (!compiling.test(command.text) || (command.text === 'chef' && operands[0]?.text !== 'cook')) return [];
  const locked = given.has('--locked', '--frozen', '--offline') ? 'yes' : 'no';
  const remedy = {
    advice: `cargo ${command.text} --locked`,
    lockFiles: ['Cargo.lock'],
    ...(command.text !== 'chef' && { edit: { append: '--locked' } }),
  };
  return [{ ...base, action: 'restore', locked, remedy }];
}

function installed(
  invocation: Invocation,
  at: Argument,
  given: GivenArguments,
  operands: readonly Argument[],
): Request[] {
  const base = { ecosystem: 'cargo', tool: 'cargo', at, invocation } as const;
  const locked = given.has('--locked', '--frozen', '--offline') ? 'yes' : 'no';
  const remedy = { advice: 'cargo install --locked', lockFiles: [], edit: { append: '--locked' } };
  // Without --locked the newest fitting versions of all dependencies are taken, whatever was published with it.
  const dependencies: Request = { ...base, action: 'restore', locked, remedy };
  if (given.has('--path')) return [dependencies];
  const git = given.flag('--git');
  const version = given.values('--version', '--vers')[0]?.value;
  const items = git
    ? [
        {
          name: git.value ?? '',
          firmness: gitReferenceFirmness(given.values('--rev', '--tag', '--branch')[0]?.value),
          argument: git.argument,
        },
      ]
    : operands.map(one => itemOf(one, version));
  const request: Request = { ...base, action: 'install', items, constrained: false };
  return items.length === 0 ? [] : [request, ...(at.text === 'install' ? [dependencies] : [])];
}

function itemOf(argument: Argument, version: string | undefined): Item {
  const [name = '', own = version] = argument.text.split('@');
  return { name, firmness: firmnessOf(own), argument };
}

/** `cargo install` takes a bare version for exactly that, in contrast to Cargo.toml. */
function firmnessOf(version: string | undefined): Firmness {
  if (version === undefined || version === '') return 'none';
  return /^=?\s*\d+\.\d+\.\d+|^=?\$\{\w+\}$/.test(version) && !/[*,]/.test(version) ? 'exact' : 'range';
}

function rustup(invocation: Invocation, operands: readonly Argument[]): Request[] {
  const words = operands.map(({ text }) => text);
  const [at] = operands;
  if (at === undefined) return [];
  const base = { ecosystem: 'cargo', tool: 'rustup', at, invocation } as const;
  if (words[0] === 'update' && words.length === 1) return [{ ...base, action: 'upgrade' }];
  const from =
    words[0] === 'toolchain' && words[1] === 'install'
      ? 2
      : /^(default|install)$/.test(words[0] ?? '')
        ? 1
        : undefined;
  const items = from === undefined ? [] : operands.slice(from).map(toolchain);
  return items.length === 0 ? [] : [{ ...base, action: 'install', items, constrained: false }];
}

function toolchain(argument: Argument): Item {
  const { text } = argument;
  const exact = /^\d+\.\d+\.\d+|-\d{4}-\d\d-\d\d|\$\{\w+\}|^none$/.test(text);
  return { name: `the toolchain ${text}`, firmness: exact ? 'exact' : 'range', argument };
}
