import type { Argument } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Item, Request } from '../requests/request.ts';

const values =
  '-t --virtual -X --repository -p --root --arch --keys-dir --repositories-file --cache-dir --cache-max-age --wait --progress-fd --timeout';

/** Alpine's apk. */
export const apkFinder: Finder = {
  programs: ['apk'],
  find(invocation) {
    const given = readArguments(invocation.args, { values });
    const [command, ...operands] = given.operands;
    if (command === undefined) return [];
    const base = { ecosystem: 'apk', tool: 'apk', at: command, invocation } as const;
    const found: Request[] = [];
    if (command.text === 'add') {
      found.push({ ...base, action: 'install', items: operands.flatMap(itemOf), constrained: false });
      const upgrade = given.flag('-u', '--upgrade');
      if (upgrade) found.push({ ...base, action: 'upgrade', at: upgrade.argument });
      for (const { argument } of given.values('-X', '--repository'))
        found.push({ ...base, action: 'repository', at: argument });
    } else if (command.text === 'upgrade' || (command.text === 'fix' && given.has('-u', '--upgrade'))) {
      found.push({ ...base, action: 'upgrade' });
    }
    const untrusted = given.flag('--allow-untrusted');
    if (untrusted) found.push({ ...base, action: 'unchecked', check: 'signature', at: untrusted.argument });
    return found;
  },
};

/** `name[@repository][=version|~version|<version|>version]`; `!name` must not be there, `.name` is a virtual package. */
function itemOf(argument: Argument): Item[] {
  const { text } = argument;
  if (/^[!/.]/.test(text) || text.endsWith('.apk')) return [];
  const [, name = text, sign = '', version = ''] = /^([^=~<>]+)([=~<>]+)?(.*)$/s.exec(text) ?? [];
  const exact = sign === '=' || sign === '==';
  return [{ name, firmness: version === '' ? 'none' : exact ? 'exact' : 'range', argument }];
}
