import type { Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import { gitReferenceFirmness } from '../requests/git-reference.ts';
import type { Finder, Request } from '../requests/request.ts';

const values =
  '-C -c -b --branch --depth --config -o --origin -j --jobs --reference --reference-if-able --filter --separate-git-dir --template -u --upload-pack --shallow-since --shallow-exclude --server-option --git-dir --work-tree --revision';

/** git, and Subversion and Mercurial, whose working trees drift alike. */
export const gitFinder: Finder = {
  programs: ['git', 'svn', 'hg'],
  find(invocation) {
    if (invocation.name !== 'git') return otherClones(invocation);
    const given = readArguments(invocation.args, { values });
    const [command, ...operands] = given.operands;
    const base = { ecosystem: 'git', tool: 'git', invocation } as const;
    const found: Request[] = [];
    for (const { name, value = '', argument } of given.flags)
      if ((name === '-c' || name === '--config') && liftsTls(value))
        found.push({ ...base, action: 'unchecked', check: 'tls', at: argument });
    if (command?.text === 'config') {
      const [setting, value] = operands;
      if (setting && value && liftsTls(`${setting.text}=${value.text}`))
        found.push({ ...base, action: 'unchecked', check: 'tls', at: setting });
    }
    const newest = command?.text === 'submodule' ? given.flag('--remote') : undefined;
    if (command && newest) {
      const url = { ...newest.argument, text: 'each submodule' };
      return [...found, { ...base, action: 'clone', at: command, url, firmness: 'none' }];
    }
    const [url, directory] = operands;
    if (command?.text !== 'clone' || url === undefined || isLocal(url.text)) return found;
    const ref = given.values('-b', '--branch', '--revision')[0]?.value;
    const clone: Request = {
      ...base,
      action: 'clone',
      at: command,
      url,
      firmness: gitReferenceFirmness(ref),
      directory: directory?.text ?? directoryOf(url.text),
      ...(ref !== undefined && { ref }),
    };
    return [...found, clone];
  },
};

/** Revisions of Subversion are numbers that a server gives; changesets of Mercurial are hashes. */
function otherClones(invocation: Invocation): Request[] {
  const { name } = invocation;
  const given = readArguments(invocation.args, {
    values: '-r --revision -u --updaterev -b --branch --username --password',
  });
  const [command, url] = given.operands;
  if (command === undefined || url === undefined || isLocal(url.text)) return [];
  if (!/^(checkout|co|export|clone)$/.test(command.text)) return [];
  const ref =
    given.flag('-r', '--revision', '-u', '--updaterev', '-b', '--branch')?.value ??
    /@(\d+)$/.exec(url.text)?.[1];
  const firmness =
    name === 'hg' && /^[0-9a-f]{12,40}$/i.test(ref ?? '') ? 'content' : ref === undefined ? 'none' : 'range';
  const isRevision = name === 'svn' && /^\d+$/.test(ref ?? '');
  const clone = {
    ecosystem: 'git',
    tool: name,
    invocation,
    action: 'clone',
    at: command,
    url,
    ...(ref !== undefined && { ref }),
  } as const;
  // A number is as firm as its server: nobody can say more there.
  return [{ ...clone, firmness: isRevision ? 'content' : firmness }];
}

function liftsTls(setting: string): boolean {
  return /^http\.(.*\.)?sslverify=(false|no|0|off)$/i.test(setting);
}

function isLocal(url: string): boolean {
  return /^(\.{0,2}\/|file:)/.test(url);
}

function directoryOf(url: string): string {
  return url
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .replace(/^.*[/:]/, '');
}

/** The references that a command moves the working tree to: `checkout`, `reset`, `switch`, `fetch`. */
export function checkedOut(invocation: Invocation): readonly string[] {
  if (invocation.name !== 'git') return [];
  const { operands } = readArguments(invocation.args, { values });
  const [command, ...words] = operands;
  if (!/^(checkout|reset|switch|fetch|submodule)$/.test(command?.text ?? '')) return [];
  return words.map(({ text }) => text);
}
