import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { type GivenArguments, readArguments } from '../requests/arguments.ts';
import { gitReferenceFirmness } from '../requests/git-reference.ts';
import type { Finder, Firmness, Item, Remedy, Request } from '../requests/request.ts';

const values =
  '--registry --prefix -C --loglevel --cache --tag --omit --include --only --workspace -w --userconfig --globalconfig --fetch-timeout --fetch-retries --network-timeout --mutex --cache-folder --modules-folder --network-concurrency --cwd --dir --store-dir --filter -F --depth --before --maxsockets --global-dir --global-folder --backend --package -p --call -c';

/** npm, yarn, pnpm, bun and their runners. */
export const npmFinder: Finder = {
  programs: ['npm', 'npx', 'yarn', 'yarnpkg', 'pnpm', 'pnpx', 'bun', 'bunx', 'corepack'],
  find(invocation) {
    const given = readArguments(invocation.args, { values });
    const found = tlsOff(invocation, given);
    switch (invocation.name) {
      case 'corepack':
        return corepack(invocation, given);
      case 'npx':
      case 'pnpx':
      case 'bunx':
        return [...found, ...ran(invocation, given, given.operands)];
      case 'yarn':
      case 'yarnpkg':
        return [...found, ...yarn(invocation, given)];
      default:
        return [...found, ...npm(invocation, given)];
    }
  },
};

function npm(invocation: Invocation, given: GivenArguments): Request[] {
  const { name: tool } = invocation;
  const [command, ...operands] = given.operands;
  if (command === undefined) return [];
  const base = { ecosystem: 'npm', tool, at: command, invocation } as const;
  switch (command.text) {
    case 'install':
    case 'i':
    case 'in':
    case 'ins':
    case 'isntall':
    case 'install-test':
    case 'it':
    case 'add': {
      const items = operands.flatMap(itemOf);
      if (items.length > 0) return [{ ...base, action: 'install', items, constrained: false }];
      if (operands.length > 0 || given.has('-g', '--global')) return [];
      return [{ ...base, action: 'restore', locked: lockedBy(tool, given), remedy: remedyFor(tool) }];
    }
    case 'ci':
    case 'clean-install':
    case 'install-clean':
    case 'install-ci-test':
    case 'cit':
      return [{ ...base, action: 'restore', locked: 'yes' }];
    case 'update':
    case 'up':
    case 'upgrade':
      return [{ ...base, action: 'upgrade' }];
    case 'exec':
    case 'dlx':
    case 'x':
      return ran(invocation, given, operands, command.text !== 'exec');
    default:
      return [];
  }
}

function yarn(invocation: Invocation, given: GivenArguments): Request[] {
  const [command, ...operands] = given.operands;
  const at = command ?? invocation.program;
  const base = { ecosystem: 'npm', tool: 'yarn', at, invocation } as const;
  switch (command?.text) {
    case undefined:
      // `yarn --version` and the like ask for nothing.
      if (given.has('--version', '-v', '--help', '-h')) return [];
      return [{ ...base, action: 'restore', locked: lockedBy('yarn', given), remedy: remedyFor('yarn') }];
    case 'install':
      return [{ ...base, action: 'restore', locked: lockedBy('yarn', given), remedy: remedyFor('yarn') }];
    case 'add':
      return [{ ...base, action: 'install', items: operands.flatMap(itemOf), constrained: false }];
    case 'global': {
      const [verb, ...names] = operands;
      if (verb?.text !== 'add') return [];
      return [{ ...base, action: 'install', items: names.flatMap(itemOf), constrained: false }];
    }
    case 'upgrade':
    case 'up':
      return [{ ...base, action: 'upgrade' }];
    case 'set': {
      const [what, version] = operands;
      if (what?.text !== 'version' || version === undefined) return [];
      const firmness = versionFirmness(version.text);
      const items = [{ name: `yarn ${version.text}`, firmness, argument: version }];
      return [{ ...base, action: 'install', items, constrained: false }];
    }
    case 'dlx':
      return ran(invocation, given, operands, true);
    default:
      return [];
  }
}

/** `corepack prepare pnpm@9.12.3 --activate`; `enable` alone takes what package.json names. */
function corepack(invocation: Invocation, given: GivenArguments): Request[] {
  const [at, ...operands] = given.operands;
  if (at === undefined || !/^(prepare|install|use|up)$/.test(at.text)) return [];
  const items = operands.flatMap(itemOf);
  const base = { ecosystem: 'npm', tool: 'corepack', at, invocation } as const;
  return items.length === 0 ? [] : [{ ...base, action: 'install', items, constrained: false }];
}

/** Runners take a package that is there already; only what is surely fetched counts. */
function ran(
  invocation: Invocation,
  given: GivenArguments,
  operands: readonly Argument[],
  fetches = given.has('-y', '--yes', '-p', '--package'),
): Request[] {
  const packages = given
    .values('-p', '--package')
    .map(({ value = '', argument }) => ({ ...argument, text: value }));
  const [first] = operands;
  const asked = packages.length > 0 ? packages : first && (fetches || /.@/.test(first.text)) ? [first] : [];
  const items = asked.flatMap(itemOf);
  const [at] = asked;
  if (items.length === 0 || at === undefined) return [];
  return [
    { ecosystem: 'npm', tool: invocation.name, at, invocation, action: 'install', items, constrained: false },
  ];
}

function lockedBy(tool: string, given: GivenArguments): 'yes' | 'no' {
  const flags = tool === 'npm' ? [] : ['--frozen-lockfile', '--immutable'];
  const flag = given.flag(...flags);
  return flag !== undefined && flag.value !== 'false' ? 'yes' : 'no';
}

function remedyFor(tool: string): Remedy {
  switch (tool) {
    case 'npm':
      return { advice: 'npm ci', lockFiles: ['package-lock.json', 'npm-shrinkwrap.json'] };
    case 'pnpm':
      return frozen('pnpm install --frozen-lockfile', ['pnpm-lock.yaml']);
    case 'bun':
      return frozen('bun install --frozen-lockfile', ['bun.lock', 'bun.lockb']);
    default:
      return frozen('yarn install --frozen-lockfile (--immutable from yarn 2 on)', ['yarn.lock']);
  }
}

function frozen(advice: string, lockFiles: readonly string[]): Remedy {
  return { advice, lockFiles, edit: { append: '--frozen-lockfile' } };
}

/** `[@scope/]name[@version]`, a git URL, `user/repository`, a tarball's URL, or a path of the build. */
function itemOf(argument: Argument): Item[] {
  const { text } = argument;
  if (text === '' || /^(\.{1,2}$|\.{0,2}\/|file:|link:|workspace:|~\/)|\.(tgz|tar|tar\.gz)$/.test(text))
    return /^https?:/.test(text) ? [{ name: text, firmness: 'range', argument }] : [];
  if (
    /^(git[+@:]|github:|gitlab:|bitbucket:|git:\/\/)|\.git(#|$)/.test(text) ||
    /^[\w.-]+\/[\w.-]+(#|$)/.test(text)
  )
    return [{ name: text, firmness: gitReferenceFirmness(text.split('#')[1]), argument }];
  if (/^https?:/.test(text)) return [{ name: text, firmness: 'range', argument }];
  const at = text.indexOf('@', 1);
  if (at === -1) return [{ name: text, firmness: 'none', argument }];
  return [{ name: text.slice(0, at), firmness: versionFirmness(text.slice(at + 1)), argument }];
}

function versionFirmness(version: string): Firmness {
  if (/^[v=]?\d+\.\d+\.\d+([-+][\w.+-]+)?$/.test(version)) return 'exact';
  if (/^\$\{\w+\}$/.test(version)) return 'exact';
  // A tag is no range: it is whatever the publisher last gave that name.
  return /^[\d^~<>=v]/.test(version) ? 'range' : 'none';
}

function tlsOff(invocation: Invocation, given: GivenArguments): Request[] {
  const base = {
    ecosystem: 'npm',
    tool: invocation.name,
    invocation,
    action: 'unchecked',
    check: 'tls',
  } as const;
  const flag = given.flags.find(
    ({ name, value }) => name === '--no-strict-ssl' || (name === '--strict-ssl' && isFalse(value)),
  );
  if (flag) return [{ ...base, at: flag.argument }];
  const words = given.operands.map(({ text }) => text);
  const from = words[0] === 'config' ? 2 : words[0] === 'set' ? 1 : undefined;
  if (from === undefined || (from === 2 && words[1] !== 'set')) return [];
  const [setting = '', value] = words.slice(from).flatMap(text => text.split('='));
  const at = given.operands[from];
  return at && /^(strict-ssl|strictSsl|enableStrictSsl)$/.test(setting) && isFalse(value)
    ? [{ ...base, at }]
    : [];
}

function isFalse(text = ''): boolean {
  return /^(false|0|no|null)$/i.test(text);
}
