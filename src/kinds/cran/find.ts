import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import type { Finder, Item, Request } from '../requests/request.ts';

/** R: `install.packages` and its like in expressions, and the scripts of littler. */
export const cranFinder: Finder = {
  programs: ['R', 'Rscript', 'r', 'install2.r', 'installGithub.r', 'installBioc.r'],
  find(invocation) {
    return invocation.name.endsWith('.r') ? littler(invocation) : expressions(invocation);
  },
};

const installing =
  /\b(install\.packages|install_github|install_cran|install_git|install_gitlab|pkg_install|pak|biocLite|BiocManager::install)\s*\(/;

function expressions(invocation: Invocation): Request[] {
  return invocation.args.flatMap((argument): Request[] => {
    const { text } = argument;
    const base = { ecosystem: 'cran', tool: 'R', at: argument, invocation } as const;
    if (/\b(update\.packages|old\.packages)\s*\(/.test(text)) return [{ ...base, action: 'upgrade' }];
    const call = installing.exec(text);
    if (call === null) return [];
    const names = [...text.slice(call.index).matchAll(/["']([\w./@]+)["']/g)].map(([, name = '']) => name);
    const items = names
      .filter(name => !/^(https?|binary|source|quiet)/.test(name))
      .map(name => named(name, argument));
    // A dated snapshot of the package archive fixes every version.
    const constrained = /\/(snapshot\/)?\d{4}-\d\d-\d\d/.test(text);
    return [
      {
        ...base,
        action: 'install',
        items: items.length > 0 ? items : [named(call[1] ?? 'R', argument)],
        constrained,
      },
    ];
  });
}

function named(name: string, argument: Argument): Item {
  const ref = name.split('@')[1];
  const firmness = ref === undefined ? 'none' : /^[0-9a-f]{40}$/.test(ref) ? 'content' : 'range';
  return { name, firmness, argument };
}

function littler(invocation: Invocation): Request[] {
  const { args } = invocation;
  const items: Item[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at];
    if (argument === undefined) break;
    if (/^(-n|--ncpus|-r|--repos|-l|--libloc|-d|--deps|-t|--type)$/.test(argument.text)) at++;
    else if (!argument.text.startsWith('-')) items.push(named(argument.text, argument));
  }
  const [first] = items;
  if (first === undefined) return [];
  const at = first.argument;
  return [
    {
      ecosystem: 'cran',
      tool: invocation.name,
      at,
      invocation,
      action: 'install',
      items,
      constrained: false,
    },
  ];
}
