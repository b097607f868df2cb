import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Item, Request } from '../requests/request.ts';

const values =
  '-d --working-dir --prefer-install --repository --repository-url --stability -s --apcu-autoloader-prefix --ignore-platform-req';

/** composer and pecl. */
export const composerFinder: Finder = {
  programs: ['composer', 'composer.phar', 'pecl', 'pear', 'php'],
  find(invocation) {
    switch (invocation.name) {
      case 'pecl':
      case 'pear':
        return pecl(invocation);
      case 'php': {
        const at = invocation.args.findIndex(({ text }) => /(^|\/)composer(\.phar)?$/.test(text));
        return at === -1 ? [] : composer(invocation, invocation.args.slice(at + 1));
      }
      default:
        return composer(invocation, invocation.args);
    }
  },
};

function composer(invocation: Invocation, args: readonly Argument[]): Request[] {
  const given = readArguments(args, { values });
  const words = given.operands[0]?.text === 'global' ? given.operands.slice(1) : given.operands;
  const [command, ...operands] = words;
  if (command === undefined) return [];
  const base = { ecosystem: 'composer', tool: 'composer', at: command, invocation } as const;
  switch (command.text) {
    case 'require': {
      const items = operands.filter(({ text }) => text.includes('/')).map(itemOf);
      return [{ ...base, action: 'install', items, constrained: false }];
    }
    case 'create-project': {
      const [name, , version] = operands;
      if (name === undefined) return [];
      const item = itemOf(name);
      const firmness = version ? itemOf({ ...name, text: `x:${version.text}` }).firmness : item.firmness;
      return [{ ...base, action: 'install', items: [{ ...item, firmness }], constrained: false }];
    }
    case 'update':
    case 'upgrade':
      return [{ ...base, action: 'upgrade' }];
    case 'self-update':
    case 'selfupdate':
      return operands.length === 0 ? [{ ...base, action: 'upgrade' }] : [];
    case 'config': {
      const [name, value] = operands;
      const off =
        (name?.text === 'disable-tls' && value?.text === 'true') ||
        (name?.text === 'secure-http' && value?.text === 'false');
      return off && name ? [{ ...base, action: 'unchecked', check: 'tls', at: name }] : [];
    }
    default:
      return [];
  }
}

/** `vendor/name[:constraint|=constraint]`; a quoted blank may stand before the constraint. */
function itemOf(argument: Argument): Item {
  const [, name = argument.text, constraint] = /^([^:= ]+)(?:[:= ]\s*(.+))?$/.exec(argument.text) ?? [];
  if (constraint === undefined) return { name, firmness: 'none', argument };
  const exact = /^=?v?(\d+\.\d+\.\d+(\.\d+)?(-\w+)?|\$\{\w+\})$/.test(constraint);
  return { name, firmness: exact ? 'exact' : 'range', argument };
}

function pecl(invocation: Invocation): Request[] {
  const { operands } = readArguments(invocation.args, { values: '-d -D --configureoptions' });
  const [command, ...names] = operands;
  if (command?.text !== 'install') return [];
  const items = names
    .filter(({ text }) => !/^[./]|\.tgz$/.test(text))
    .map((argument): Item => {
      const [, name = argument.text, version] = /^(.+?)-(\d[\w.]*|\$\{\w+\})$/.exec(argument.text) ?? [];
      return { name, firmness: version === undefined ? 'none' : 'exact', argument };
    });
  if (items.length === 0) return [];
  return [
    {
      ecosystem: 'composer',
      tool: invocation.name,
      at: command,
      invocation,
      action: 'install',
      items,
      constrained: false,
    },
  ];
}
