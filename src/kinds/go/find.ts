import type { Argument } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Firmness, Item } from '../requests/request.ts';

const values =
  '-C -p -ldflags -tags -o -mod -modfile -gcflags -asmflags -gccgoflags -exec -installsuffix -buildmode -compiler -overlay -pgo -pkgdir -toolexec -coverpkg';

/** The go command. */
export const goFinder: Finder = {
  programs: ['go'],
  find(invocation) {
    const given = readArguments(invocation.args, { values, singleDash: true });
    const [command, ...operands] = given.operands;
    if (command === undefined) return [];
    const base = { ecosystem: 'go', tool: 'go', at: command, invocation } as const;
    switch (command.text) {
      case 'install':
      case 'get': {
        if (given.has('-u')) return [{ ...base, action: 'upgrade' }];
        const items = operands.flatMap(itemOf);
        return items.length > 0 ? [{ ...base, action: 'install', items, constrained: false }] : [];
      }
      case 'run': {
        const items = operands
          .slice(0, 1)
          .flatMap(itemOf)
          .filter(({ argument }) => argument.text.includes('@'));
        return items.length > 0 ? [{ ...base, action: 'install', items, constrained: false }] : [];
      }
      case 'mod': {
        if (operands[0]?.text !== 'tidy') return [];
        const remedy = { advice: 'go mod download, with go.mod and go.sum committed', lockFiles: ['go.sum'] };
        return [{ ...base, action: 'restore', locked: 'no', remedy }];
      }
      default:
        return [];
    }
  },
};

/** A package path with a host in it; others are the standard library's or the build's own. */
function itemOf(argument: Argument): Item[] {
  const { text } = argument;
  const at = text.indexOf('@');
  const path = at === -1 ? text : text.slice(0, at);
  if (!/^[\w-]+(\.[\w-]+)+(:\d+)?\//.test(path)) return [];
  return [{ name: path, firmness: at === -1 ? 'none' : firmnessOf(text.slice(at + 1)), argument }];
}

/** Module versions are immutable, by way of the checksum database; so are commits, of which twelve digits are enough. */
function firmnessOf(version: string): Firmness {
  if (/^[0-9a-f]{12,40}$/.test(version)) return 'content';
  if (/^v\d+\.\d+\.\d+/.test(version) || /^v?\$\{\w+\}$/.test(version)) return 'exact';
  return /^[v<>=]+\d|^v?\d+(\.\d+)*$/.test(version) ? 'range' : 'none';
}
