import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Firmness, Item, Request } from '../requests/request.ts';

const values =
  '-o --option -t --target-release --default-release -c --config-file -a --host-architecture -P --build-profiles -s --snapshot';

/** apt, apt-get and their friends. */
export const aptFinder: Finder = {
  programs: [
    'apt',
    'apt-get',
    'aptitude',
    'apt-fast',
    'add-apt-repository',
    'apt-add-repository',
    'apt-key',
    'gpg',
    'gpg2',
  ],
  find(invocation) {
    const { name } = invocation;
    if (name === 'apt-key') return keys(invocation);
    if (name.startsWith('gpg')) return shortKeys(invocation);
    if (name.startsWith('a') && name.endsWith('-repository')) return repositories(invocation);
    return packages(invocation);
  },
};

function packages(invocation: Invocation): Request[] {
  const given = readArguments(invocation.args, { values });
  const [command, ...operands] = given.operands;
  if (command === undefined) return [];
  const base = { ecosystem: 'apt', tool: invocation.name, at: command, invocation } as const;
  const found: Request[] = [];
  switch (command.text) {
    case 'install':
    case 'reinstall':
    case 'build-dep':
    case 'source':
    case 'download': {
      const items = operands.flatMap(itemOf);
      found.push({ ...base, action: 'install', items, constrained: given.has('-s', '--snapshot') });
      break;
    }
    case 'upgrade':
    case 'dist-upgrade':
    case 'full-upgrade':
    case 'safe-upgrade':
      found.push({ ...base, action: 'upgrade' });
  }
  for (const { name, value, argument } of given.flags) {
    if (/^--(allow-unauthenticated|force-yes|allow-insecure-repositories)$/.test(name))
      found.push({ ...base, action: 'unchecked', check: 'signature', at: argument });
    const check = /^(-o|--option)$/.test(name) ? checkLiftedBy(value ?? '') : undefined;
    if (check !== undefined) found.push({ ...base, action: 'unchecked', check, at: argument });
  }
  return found;
}

function checkLiftedBy(option: string): 'tls' | 'signature' | undefined {
  if (/^"?Acquire::https?(::[^=]+)?::Verify-(Peer|Host)"?="?(false|no|0)/i.test(option)) return 'tls';
  return /^(APT::Get::AllowUnauthenticated|Acquire::AllowInsecureRepositories)="?(true|yes|1)/i.test(option)
    ? 'signature'
    : undefined;
}

/** `name[:architecture][=version|/suite][+]`; `name-` is removed, a path is a file of the build. */
function itemOf(argument: Argument): Item[] {
  const { text } = argument;
  if (/^\.{0,2}\/|\.deb$/.test(text) || /[^+]-$/.test(text)) return [];
  const [, name = text, , sign, rest] = /^([^=/]*?)(:[a-z0-9]+)?(?:([=/])(.*))?$/.exec(text) ?? [];
  return [{ name: name.replace(/(\w)\+$/, '$1'), firmness: firmnessOf(sign, rest), argument }];
}

function firmnessOf(sign: string | undefined, version = ''): Firmness {
  if (sign === undefined || version === '') return 'none';
  return sign === '/' || version.includes('*') ? 'range' : 'exact';
}

function repositories(invocation: Invocation): Request[] {
  const { operands, flags } = readArguments(invocation.args, {
    values: '-k --keyserver -P --ppa -U --uri -S',
  });
  const at = operands[0] ?? flags.at(-1)?.argument;
  // These parts belong to the distribution itself.
  if (at === undefined || /^(universe|multiverse|restricted|main|contrib|non-free)$/.test(at.text)) return [];
  return [{ ecosystem: 'apt', tool: invocation.name, at, invocation, action: 'repository' }];
}

function keys(invocation: Invocation): Request[] {
  const at = invocation.args.find(({ text }) => text === 'adv' || text === 'add');
  // A key that is asked for by its whole fingerprint can be no other.
  const byFingerprint = invocation.args.some(({ text }) => /^(0x)?[0-9a-f]{40}$/i.test(text));
  if (at === undefined || byFingerprint) return [];
  return [{ ecosystem: 'apt', tool: 'apt-key', at, invocation, action: 'key' }];
}

/** Keys that are asked for by a short number, of which anybody can make another. */
function shortKeys(invocation: Invocation): Request[] {
  const { args } = invocation;
  const from = args.findIndex(({ text }) => /^--recv(-keys?)?$/.test(text));
  if (from === -1) return [];
  const at = args.slice(from + 1).find(({ text }) => /^(0x)?([0-9a-f]{8}|[0-9a-f]{16})$/i.test(text));
  return at === undefined ? [] : [{ ecosystem: 'apt', tool: 'gpg', at, invocation, action: 'key' }];
}
