import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Item, Request } from '../requests/request.ts';

const values =
  '-l --local-lib -L --local-lib-contained --mirror --from -M --configure-timeout --build-timeout --cpanfile --workers -w';

/** cpan, cpanm, cpm and carton. */
export const cpanFinder: Finder = {
  programs: ['cpan', 'cpanm', 'cpm', 'carton', 'perl'],
  find(invocation) {
    const { name: tool } = invocation;
    if (tool === 'perl') return shell(invocation);
    const given = readArguments(invocation.args, { values });
    const base = {
      ecosystem: 'cpan',
      tool,
      at: given.operands[0] ?? invocation.program,
      invocation,
    } as const;
    if (tool === 'carton') {
      if (given.operands[0]?.text !== 'install') return [];
      const locked = given.has('--deployment') ? 'yes' : 'no';
      const remedy = {
        advice: 'carton install --deployment',
        lockFiles: ['cpanfile.snapshot'],
        edit: { append: '--deployment' },
      };
      return [{ ...base, action: 'restore', locked, remedy }];
    }
    const named = given.operands.filter(({ text }) => text !== 'install');
    const found: Request[] = [];
    const items = named.flatMap(itemOf);
    if (items.length > 0) found.push({ ...base, action: 'install', items, constrained: false });
    if (
      given.has('--installdeps') ||
      (tool === 'cpm' && items.length === 0 && named.length < given.operands.length)
    ) {
      const remedy = { advice: 'carton install --deployment', lockFiles: ['cpanfile.snapshot'] };
      found.push({ ...base, action: 'restore', locked: 'no', remedy });
    }
    return found;
  },
};

/** `Module[@version|~requirement]`, or a distribution of an author, whose file never changes. */
function itemOf(argument: Argument): Item[] {
  const { text } = argument;
  if (/^\.{0,2}\/|^\.$/.test(text)) return [];
  if (/^https?:|^[A-Z]+\/.*-v?\d/.test(text)) return [{ name: text, firmness: 'exact', argument }];
  const [name = '', exact] = text.split('@');
  const range = name.split('~');
  if (exact !== undefined) return [{ name, firmness: 'exact', argument }];
  return [{ name: range[0] ?? '', firmness: range.length > 1 ? 'range' : 'none', argument }];
}

/** `perl -MCPAN -e 'install Moo'`, `perl -MCPAN -e 'CPAN::Shell->install("Moo")'` */
function shell(invocation: Invocation): Request[] {
  const { args } = invocation;
  if (!args.some(({ text }) => /^-M?CPAN\b|^-MCPAN/.test(text))) return [];
  return args.flatMap((at): Request[] => {
    const names = [...at.text.matchAll(/\binstall\s*\(?\s*["']?([A-Z][\w:]*)/g)].map(([, name = '']) => name);
    const items: Item[] = names.map(name => ({ name, firmness: 'none', argument: at }));
    const base = { ecosystem: 'cpan', tool: 'cpan', at, invocation } as const;
    return items.length === 0 ? [] : [{ ...base, action: 'install', items, constrained: false }];
  });
}
