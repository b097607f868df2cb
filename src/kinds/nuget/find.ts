import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Ecosystem, Finder, Item, Request } from '../requests/request.ts';

const dotnetValues =
  '-c --configuration -o --output -r --runtime -f --framework -v --verbosity -s --source --add-source --version --tool-path --configfile --version-suffix -a --arch --os --logger -l --filter -p --property --packages --lock-file-path';
const nugetValues =
  '-Version -Source -OutputDirectory -ConfigFile -Framework --version --source -s -o --output-directory';

/** dotnet, nuget and Chocolatey. */
export const nugetFinder: Finder = {
  programs: ['dotnet', 'nuget', 'choco', 'cinst'],
  find(invocation) {
    switch (invocation.name) {
      case 'dotnet':
        return dotnet(invocation);
      case 'nuget':
        return nuget(invocation, 'nuget');
      default:
        return nuget(invocation, 'choco');
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
    if (operands[0]?.text === 'update') return [{ ...base, action: 'upgrade' }];
    return [];
  }
  if (!restoring.test(command.text) || given.has('--no-restore', '--no-build')) return [];
  const words = invocation.args.map(({ text }) => text).join(' ');
  const locked = given.has('--locked-mode') || /RestoreLockedMode=true/i.test(words);
  const remedy = { advice: 'dotnet restore --locked-mode', lockFiles: ['packages.lock.json'] };
  return [{ ...base, action: 'restore', locked: locked ? 'yes' : 'no', remedy }];
}

function nuget(invocation: Invocation, ecosystem: Extract<Ecosystem, 'nuget' | 'choco'>): Request[] {
  // Both take long flags behind one dash, and Chocolatey their names in any case.
  const given = readArguments(invocation.args, { values: nugetValues, singleDash: true });
  const words = invocation.name === 'cinst' ? [invocation.program, ...given.operands] : given.operands;
  const [command, ...names] = words;
  if (command === undefined) return [];
  const base = { ecosystem, tool: invocation.name, at: command, invocation } as const;
  if (/^(upgrade|update|cup)$/.test(command.text)) return [{ ...base, action: 'upgrade' }];
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

function itemOf(argument: Argument, version: string | undefined): Item {
  const exact =
    version !== undefined && /^\[?(\d[\w.+-]*|\$\{\w+\})\]?$/.test(version) && !version.includes('*');
  return {
    name: argument.text,
    firmness: exact ? 'exact' : version === undefined ? 'none' : 'range',
    argument,
  };
}
