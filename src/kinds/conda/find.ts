import type { Argument } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Item, Request } from '../requests/request.ts';

const values =
  '-n --name -p --prefix -c --channel -f --file --solver --experimental-solver -r --root-prefix --subdir --platform --repodata-fn --set --add --append --prepend';

/** conda, mamba and micromamba. */
export const condaFinder: Finder = {
  programs: ['conda', 'mamba', 'micromamba'],
  find(invocation) {
    const given = readArguments(invocation.args, { values });
    const { operands } = given;
    const at = operands[0]?.text === 'env' ? operands[1] : operands[0];
    if (at === undefined) return [];
    const base = { ecosystem: 'conda', tool: invocation.name, at, invocation } as const;
    const items = operands[0]?.text === 'env' ? [] : operands.slice(1).flatMap(itemOf);
    const fromFile = given.values('-f', '--file')[0];
    switch (at.text) {
      case 'install':
      case 'create':
      case 'update':
      case 'upgrade': {
        const found: Request[] = [];
        if (given.has('--all')) found.push({ ...base, action: 'upgrade' });
        if (items.length > 0) found.push({ ...base, action: 'install', items, constrained: false });
        if (fromFile !== undefined || operands[0]?.text === 'env') {
          const advice = 'a lock of exact builds (conda list --explicit --md5, or conda-lock)';
          const locked = /lock|explicit/.test(fromFile?.value ?? '') ? 'yes' : 'no';
          const remedy = { advice, lockFiles: [] };
          found.push({ ...base, action: 'restore', locked, remedy, at: fromFile?.argument ?? at });
        }
        return found;
      }
      case 'config': {
        const off = given.flags.find(
          ({ name, value }, index) =>
            name === '--set' &&
            value === 'ssl_verify' &&
            isFalse(operands[1]?.text ?? given.flags[index + 1]?.value),
        );
        return off ? [{ ...base, action: 'unchecked', check: 'tls', at: off.argument }] : [];
      }
      default:
        return [];
    }
  },
};

function isFalse(text = ''): boolean {
  return /^(false|no|0)$/i.test(text);
}

/** `[channel::]name[=version[=build]]`, or a quoted match specification; a single `=` also fits later patch levels. */
function itemOf(argument: Argument): Item[] {
  const { text } = argument;
  if (/^\.{0,2}\//.test(text)) return [];
  const [, name = text, sign = '', version = ''] =
    /^(?:[^:]+::)?([\w.${}-]+)\s*([=<>!~]+)?\s*(.*)$/s.exec(text) ?? [];
  if (version === '') return [{ name, firmness: 'none', argument }];
  // A single = of two numbers is a series; of three, a release whose builds may still differ.
  const isRelease = sign === '==' || (sign === '=' && /^(\d+\.\d+\.\d|\$\{\w+\}|[^=]+=)/.test(version));
  const exact = isRelease && !/[*,|<>]/.test(version);
  return [{ name, firmness: exact ? 'exact' : 'range', argument }];
}
