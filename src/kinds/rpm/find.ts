import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { type GivenArguments, readArguments } from '../requests/arguments.ts';
import type { Finder, Firmness, Item, Request } from '../requests/request.ts';

const yumValues =
  '-c --config -d --debuglevel -e --errorlevel -x --exclude --enablerepo --disablerepo --repo --repoid --installroot --releasever --setopt -R --randomwait --disableplugin --enableplugin --advisory --forcearch';
const zypperValues =
  '-r --repo -R --root -t --type --from -c --config -D --reposd-dir -p --plus-repo --download -P --priority -n --name';

/** yum, dnf, microdnf, tdnf, zypper and rpm itself. */
export const rpmFinder: Finder = {
  programs: [
    'yum',
    'dnf',
    'dnf5',
    'dnf-3',
    'microdnf',
    'tdnf',
    'zypper',
    'rpm',
    'yum-config-manager',
    'dnf-config-manager',
  ],
  find(invocation) {
    switch (invocation.name) {
      case 'rpm':
        return rpm(invocation);
      case 'zypper':
        return zypper(invocation);
      case 'yum-config-manager':
      case 'dnf-config-manager':
        return addedRepositories(invocation, readArguments(invocation.args, { values: yumValues }));
      default:
        return yum(invocation);
    }
  },
};

function yum(invocation: Invocation): Request[] {
  const given = readArguments(invocation.args, { values: yumValues });
  const [command, ...operands] = given.operands;
  if (command === undefined) return [];
  const base = { ecosystem: 'rpm', tool: invocation.name, at: command, invocation } as const;
  const found = unchecked(invocation, given);
  switch (command.text) {
    case 'install':
    case 'in':
    case 'reinstall':
    case 'localinstall':
    case 'groupinstall':
    case 'builddep':
      return [...found, { ...base, action: 'install', items: operands.flatMap(itemOf), constrained: false }];
    case 'group':
    case 'module': {
      const [verb, ...names] = operands;
      if (verb?.text !== 'install') return found;
      return [...found, { ...base, action: 'install', items: names.flatMap(itemOf), constrained: false }];
    }
    case 'update':
    case 'upgrade':
    case 'up':
    case 'update-minimal':
    case 'upgrade-minimal':
    case 'distro-sync':
    case 'dsync':
    case 'dist-upgrade':
      return [...found, { ...base, action: 'upgrade' }];
    case 'copr':
      return operands[0]?.text === 'enable' ? [...found, { ...base, action: 'repository' }] : found;
    case 'config-manager':
      return [...found, ...addedRepositories(invocation, given)];
    default:
      return found;
  }
}

function addedRepositories(invocation: Invocation, given: GivenArguments): Request[] {
  const base = { ecosystem: 'rpm', tool: invocation.name, invocation, action: 'repository' } as const;
  const added = given.flags.filter(({ name }) => name === '--add-repo').map(({ argument }) => argument);
  const verb = given.operands.find(({ text }) => text === 'addrepo');
  const repositories = [...added, ...(verb ? [verb] : [])].map(at => ({ ...base, at }));
  return given.operands[0]?.text === 'config-manager'
    ? repositories
    : [...unchecked(invocation, given), ...repositories];
}

function zypper(invocation: Invocation): Request[] {
  const given = readArguments(
    invocation.args.filter(({ text }) => text !== '-n' && text !== '--non-interactive'),
    { values: zypperValues },
  );
  const [command, ...operands] = given.operands;
  if (command === undefined) return [];
  const base = { ecosystem: 'rpm', tool: 'zypper', at: command, invocation } as const;
  const found = unchecked(invocation, given);
  switch (command.text) {
    case 'install':
    case 'in':
    case 'source-install':
    case 'si':
      return [...found, { ...base, action: 'install', items: operands.flatMap(itemOf), constrained: false }];
    case 'update':
    case 'up':
    case 'dist-upgrade':
    case 'dup':
    case 'patch':
      return [...found, { ...base, action: 'upgrade' }];
    case 'addrepo':
    case 'ar':
      return [...found, { ...base, action: 'repository' }];
    default:
      return found;
  }
}

function rpm(invocation: Invocation): Request[] {
  const given = readArguments(invocation.args, { values: '--root --dbpath --define -D --prefix --eval -E' });
  const base = { ecosystem: 'rpm', tool: 'rpm', invocation } as const;
  const found = unchecked(invocation, given);
  for (const at of given.operands) {
    if (!/^(https?|ftp):/.test(at.text)) continue;
    if (given.has('--import')) found.push({ ...base, action: 'key', at });
    else if (given.has('-i', '-U', '-F', '--install', '--upgrade', '--freshen'))
      found.push({ ...base, ecosystem: 'file', action: 'download', url: at, saved: at.text, at });
  }
  return found;
}

function unchecked(invocation: Invocation, given: GivenArguments): Request[] {
  const base = { ecosystem: 'rpm', tool: invocation.name, invocation, action: 'unchecked' } as const;
  return given.flags.flatMap(({ name, value = '', argument: at }): Request[] => {
    if (/^--(no-?gpg-?checks?|nosignature|nodigest|no-verify|allow-unsigned-rpm)$/.test(name))
      return [{ ...base, check: 'signature', at }];
    if (name !== '--setopt') return [];
    if (/(^|\.)(repo_|localpkg_)?gpgcheck=(0|false|no)/i.test(value))
      return [{ ...base, check: 'signature', at }];
    return /(^|\.)sslverify=(0|false|no)/i.test(value) ? [{ ...base, check: 'tls', at }] : [];
  });
}

/** A name, `name-version[-release[.arch]]`, or zypper's `name=version`; a path is a file of the build. */
function itemOf(argument: Argument): Item[] {
  const { text } = argument;
  if (/^\.{0,2}\//.test(text)) return [];
  if (/^(https?|ftp):/.test(text)) return [{ name: text, firmness: 'range', argument }];
  if (text.endsWith('.rpm')) return [];
  return [{ name: text.replace(/[<>=].*$/, ''), firmness: firmnessOf(text), argument }];
}

/**
 * Names may hold numbers (`java-17-openjdk`), so only what ends like a version counts: with a dot in it, with a
 * release behind it, or with an epoch before it.
 */
function firmnessOf(text: string): Firmness {
  const [, sign, given = ''] = /([<>=]+)(.*)$/.exec(text) ?? [];
  if (sign !== undefined) return sign === '=' && given !== '' ? 'exact' : 'range';
  const version =
    /-(?:\d+:)?(?:\d[\w~^+]*\.[\w.~^+*]*|\$\{\w+\}[\w.*]*)(?:-[\d*$][\w.~^+*{}]*)?$|-\d[\w~^+]*-\d[\w.~^+*]*$|-\d+:\d[\w.-]*$/.exec(
      text,
    )?.[0];
  if (version === undefined) return 'none';
  return version.includes('*') ? 'range' : 'exact';
}
