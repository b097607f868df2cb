import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import { GivenParameters } from '../requests/parameters.ts';
import type { Ecosystem, Finder, Item, Request } from '../requests/request.ts';

const dotnetValues =
  '-c --configuration -o --output -r --runtime -f --framework -v --verbosity -s --source --add-source --version --tool-path --configfile --version-suffix -a --arch --os --logger -l --filter -p --property --packages --lock-file-path';
const nugetValues =
  '-Version -Source -OutputDirectory -ConfigFile -Framework --version -version --source -source -s -o --output-directory --params -params --package-parameters --install-arguments --ia -ia';

/** dotnet, nuget, the modules of PowerShell, Chocolatey and winget. */
export const nugetFinder: Finder = {
  programs: [
    'dotnet',
    'nuget',
    'msbuild',
    'choco',
    'cinst',
    'winget',
    'install-module',
    'install-script',
    'install-package',
    'install-packageprovider',
    'install-psresource',
    'save-module',
    'update-module',
  ],
  find(invocation) {
    switch (invocation.name) {
      case 'dotnet':
        return dotnet(invocation);
      case 'nuget':
        return nuget(invocation, 'nuget');
      case 'msbuild':
        return msbuild(invocation);
      case 'choco':
      case 'cinst':
        return nuget(invocation, 'choco');
      case 'winget':
        return winget(invocation);
      default:
        return powerShellModules(invocation);
    }
  },
};

const restoring = /^(restore|build|publish|test|run|pack|watch)$/;

function dotnet(invocation: Invocation): Request[] {
  const given = readArguments(invocation.args, { values: dotnetValues });
  const [command, ...operands] = given.operands;
  if (command === undefined) return [];
  const base = { ecosystem: 'nuget', tool: 'dotnet', at: command, invocation } as const;
  const version = given.values('--version', '-v').find(({ value }) => /^[\d[$]/.test(value ?? ''))?.value;
  if (command.text === 'tool' || command.text === 'add' || command.text === 'new') {
    const verb = operands.findIndex(({ text }) => text === 'install' || text === 'package');
    const name = operands[verb + 1];
    if (verb === -1 || name === undefined) return [];
    return [{ ...base, action: 'install', items: [itemOf(name, version)], constrained: false }];
  }
  if (command.text === 'workload') {
    const [verb, ...names] = operands;
    if (verb?.text === 'update') return [{ ...base, action: 'upgrade' }];
    // What a workload is made of is chosen by the newest manifests, unless a file says which.
    if (verb?.text !== 'install' || given.has('--from-rollback-file', '--skip-manifest-update')) return [];
    const items = names.map(name => itemOf(name, version));
    return items.length === 0 ? [] : [{ ...base, action: 'install', items, constrained: false }];
  }
  if (!restoring.test(command.text) || given.has('--no-restore', '--no-build')) return [];
  const words = invocation.args.map(({ text }) => text).join(' ');
  const locked = given.has('--locked-mode') || /RestoreLockedMode=true/i.test(words);
  return [{ ...base, action: 'restore', locked: locked ? 'yes' : 'no', remedy: restoreRemedy }];
}

const restoreRemedy = { advice: 'dotnet restore --locked-mode', lockFiles: ['packages.lock.json'] };

/** `msbuild /t:restore`, or `-restore` on the way of another target. */
function msbuild(invocation: Invocation): Request[] {
  const at = invocation.args.find(({ text }) => /^[-/](t|target):.*restore|^[-/](r|restore)$/i.test(text));
  if (at === undefined) return [];
  const locked = invocation.args.some(({ text }) => /RestoreLockedMode=true/i.test(text)) ? 'yes' : 'no';
  const base = { ecosystem: 'nuget', tool: 'msbuild', at, invocation } as const;
  return [{ ...base, action: 'restore', locked, remedy: restoreRemedy }];
}

function nuget(invocation: Invocation, ecosystem: Extract<Ecosystem, 'nuget' | 'choco'>): Request[] {
  // Both take long flags behind one dash, and Chocolatey their names in any case.
  const given = readArguments(invocation.args, { values: nugetValues, singleDash: true });
  const words = invocation.name === 'cinst' ? [invocation.program, ...given.operands] : given.operands;
  const [command, ...names] = words;
  if (command === undefined) return [];
  const base = { ecosystem, tool: invocation.name, at: command, invocation } as const;
  if (/^(upgrade|update|cup)$/.test(command.text)) return [{ ...base, action: 'upgrade' }];
  if (command.text === 'restore') {
    const locked = given.flags.some(({ name }) => /^-+lockedmode$/i.test(name));
    return [{ ...base, action: 'restore', locked: locked ? 'yes' : 'no', remedy: restoreRemedy }];
  }
  if (!/^(install|cinst)$/.test(command.text)) return [];
  const found: Request[] = [];
  const version = given.flags.find(({ name }) => /^--?version$/i.test(name))?.value;
  const items = names
    .filter(({ text }) => !/packages\.config$|\.nupkg$|^\.{0,2}[/\\]/.test(text))
    .map(name => itemOf(name, version));
  if (items.length > 0) found.push({ ...base, action: 'install', items, constrained: false });
  const unchecked = given.flag('--ignore-checksums', '--ignorechecksums', '--allow-empty-checksums');
  if (unchecked) found.push({ ...base, action: 'unchecked', check: 'signature', at: unchecked.argument });
  return found;
}

const switches = new Set([
  'force',
  'allowclobber',
  'allowprerelease',
  'skippublishercheck',
  'acceptlicense',
  'trustrepository',
  'forcebootstrap',
  'confirm',
  'verbose',
]);

/** The PowerShell Gallery is a NuGet repository. */
function powerShellModules(invocation: Invocation): Request[] {
  const { name: tool, args, program } = invocation;
  const given = new GivenParameters(args, switches);
  const base = { ecosystem: 'nuget', tool, at: program, invocation } as const;
  const found: Request[] = [];
  const skipped = given.parameter('skippublishercheck')?.argument;
  if (skipped) found.push({ ...base, action: 'unchecked', check: 'signature', at: skipped });
  if (tool === 'update-module') return [...found, { ...base, action: 'upgrade' }];
  const named = given.value('name');
  const names = named === undefined ? given.operands : [named, ...given.operands];
  const exact = given.value('requiredversion', 'version')?.text ?? (given.value('minimumversion') && '*');
  const items = names.map(name => itemOf(name, exact));
  return items.length === 0 ? found : [...found, { ...base, action: 'install', items, constrained: false }];
}

function winget(invocation: Invocation): Request[] {
  const given = readArguments(invocation.args, {
    values: '--id -v --version -s --source --scope -l --location',
  });
  const [command, ...operands] = given.operands;
  if (command === undefined) return [];
  const base = { ecosystem: 'choco', tool: 'winget', at: command, invocation } as const;
  if (command.text === 'upgrade' && given.has('--all')) return [{ ...base, action: 'upgrade' }];
  if (command.text !== 'install') return [];
  const ids = given.values('--id').map(({ value = '', argument }) => ({ ...argument, text: value }));
  const version = given.values('-v', '--version')[0]?.value;
  const items = [...ids, ...operands].map(name => itemOf(name, version));
  return items.length === 0 ? [] : [{ ...base, action: 'install', items, constrained: false }];
}

function itemOf(argument: Argument, version: string | undefined): Item {
  const exact =
    version !== undefined && /^\[?(\d[\w.+-]*|\$\{\w+\})\]?$/.test(version) && !version.includes('*');
  return {
    name: argument.text,
    firmness: exact ? 'exact' : version === undefined ? 'none' : 'range',
    argument,
  };
}
