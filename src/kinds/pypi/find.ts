import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { gitReferenceFirmness } from '../requests/git-reference.ts';
import { type GivenArguments, readArguments } from '../requests/arguments.ts';
import type { Finder, Firmness, Item, Request } from '../requests/request.ts';

/** pip's and uv's flags that have a value. */
export const pipValues =
  '-r --requirement -c --constraint --constraints -e --editable -t --target -i --index-url --default-index --index --extra-index-url -f --find-links --root --prefix --src --platform --python-version --implementation --abi --no-binary --only-binary --progress-bar --cache-dir --proxy --retries --timeout --trusted-host --allow-insecure-host --cert --client-cert --log --exists-action --global-option --install-option --build-option --config-settings --config-setting -C --upgrade-strategy --report --root-user-action --use-feature --use-deprecated --python -p --only --group --override --resolution --prerelease --index-strategy --link-mode --exclude-newer --build-constraint -b';

/** pip, pipx, uv, poetry, pipenv, pdm and easy_install. */
export const pypiFinder: Finder = {
  programs: ['pip', 'pipx', 'uv', 'uvx', 'poetry', 'pipenv', 'pdm', 'easy_install', 'python', 'py'],
  find(invocation) {
    const { name, args } = invocation;
    if (/^(py|python[\d.]*|pypy[\d.]*)$/.test(name)) return pythonModule(invocation);
    if (/^pip[\d.]*$/.test(name)) return pip(invocation, 'pip', args);
    switch (name) {
      case 'pipx':
        return pip(invocation, 'pipx', args);
      case 'uv':
        return uv(invocation);
      case 'uvx':
        return ran(invocation, args);
      case 'poetry':
      case 'pipenv':
      case 'pdm':
        return projectTool(invocation);
      case 'easy_install':
        return pip(invocation, 'easy_install', [invocation.program, ...args]);
      default:
        return [];
    }
  },
};

function pythonModule(invocation: Invocation): Request[] {
  const setup = invocation.args.findIndex(({ text }) => /(^|\/)setup\.py$/.test(text));
  const verb = invocation.args[setup + 1];
  if (setup !== -1 && verb !== undefined && /^(install|develop)$/.test(verb.text)) {
    const remedy = { advice: 'pip install --no-deps . behind what the lock holds', lockFiles: [] };
    const base = { ecosystem: 'pypi', tool: 'setup.py', at: verb, invocation } as const;
    return [{ ...base, action: 'restore', locked: 'no', remedy }];
  }
  const at = invocation.args.findIndex(({ text }) => text === '-m');
  const module = invocation.args[at + 1];
  if (
    at === -1 ||
    module === undefined ||
    invocation.args.slice(0, at).some(({ text }) => !text.startsWith('-'))
  )
    return [];
  const rest = invocation.args.slice(at + 2);
  if (module.text === 'pip' || module.text === 'pipx') return pip(invocation, module.text, rest);
  if (module.text === 'easy_install') return pip(invocation, 'easy_install', [module, ...rest]);
  return [];
}

function pip(invocation: Invocation, tool: string, args: readonly Argument[]): Request[] {
  const given = readArguments(args, { values: pipValues });
  const [command, ...operands] = given.operands;
  if (command === undefined) return [];
  const base = { ecosystem: 'pypi', tool, at: command, invocation } as const;
  const found: Request[] = [];
  const installs = ['install', 'download', 'wheel', 'easy_install', 'inject'].includes(command.text);
  if (installs) found.push(...installed(base, given, operands));
  for (const { name, argument } of given.flags)
    if (name === '--trusted-host' || name === '--allow-insecure-host')
      found.push({ ...base, action: 'unchecked', check: 'tls', at: argument });
  return found;
}

type PipBase = Pick<Request, 'tool' | 'at' | 'invocation'> & { readonly ecosystem: 'pypi' };

function installed(base: PipBase, given: GivenArguments, operands: readonly Argument[]): Request[] {
  const found: Request[] = [];
  const editable = given
    .values('-e', '--editable')
    .map(({ value = '', argument }) => ({ ...argument, text: value }));
  const items = [...operands, ...editable].flatMap(itemOf);
  const constrained = given.has('-c', '--constraint', '--constraints', '--exclude-newer');
  if (items.length > 0) found.push({ ...base, action: 'install', items, constrained });
  const hashed = given.has('--require-hashes');
  const alone = given.has('--no-deps');
  const fromFiles = given.values('-r', '--requirement');
  // What a project or a checkout depends on is chosen anew, however firm it is itself.
  const local =
    [...operands, ...editable].some(({ text }) => isLocal(text) && !text.endsWith('.whl')) ||
    items.some(({ firmness, name }) => firmness === 'content' && name.includes('+'));
  if (fromFiles.length > 0 || (local && !alone)) {
    const at = fromFiles[0]?.argument ?? base.at;
    const advice = 'a requirements file with hashes (pip-compile --generate-hashes) and --require-hashes';
    const remedy = { advice, lockFiles: [] };
    found.push({ ...base, action: 'restore', locked: hashed ? 'yes' : 'no', at, remedy });
  }
  return found;
}

/** Revisions of Subversion and Bazaar are numbers that a server gives; of git and Mercurial they are hashes. */
function vcsFirmness(url: string): Firmness {
  const ref = /@([^@/#]+)(#.*)?$/.exec(url)?.[1];
  return /(svn|bzr)\+/.test(url) && ref !== undefined ? 'range' : gitReferenceFirmness(ref);
}

function isLocal(text: string): boolean {
  // A path is told by its slash: names of packages have none.
  if (/^[^@:]+\//.test(text)) return true;
  return /^(\.{0,2}\/|\.(\[|$)|file:|~)/.test(text) || /\.(whl|tar\.gz|zip|txt)(\[[^\]]*\])?$/.test(text);
}

/** A requirement specifier (PEP 508), a URL, or a path of the build. */
function itemOf(argument: Argument): Item[] {
  const { text } = argument;
  if (/^(\w[\w.-]*(\[[^\]]*\])?\s*@\s*)?((git|hg|svn|bzr)\+|git:\/\/)/.test(text))
    return [{ name: text, firmness: vcsFirmness(text), argument }];
  if (/^(\w[\w.-]*(\[[^\]]*\])?\s*@\s*)?https?:/.test(text))
    return [{ name: text, firmness: /#.*sha(256|384|512)=/.test(text) ? 'content' : 'range', argument }];
  if (isLocal(text) || text === '') return [];
  const [, name = text, sign = '', version = ''] =
    /^([\w.${}-]+)(?:\[[^\]]*\])?\s*([=<>!~]+)?\s*(.*)$/s.exec(text) ?? [];
  return [{ name, firmness: firmnessOf(sign, version), argument }];
}

function firmnessOf(sign: string, version: string): Firmness {
  if (sign === '' || version === '') return 'none';
  return (sign === '==' || sign === '===') && !/[*,]/.test(version) ? 'exact' : 'range';
}

function uv(invocation: Invocation): Request[] {
  // Global switches may stand before the sub-command.
  const from = invocation.args.findIndex(({ text }) => !text.startsWith('-'));
  const [first, ...rest] = from === -1 ? [] : invocation.args.slice(from);
  if (first === undefined) return [];
  const base = { ecosystem: 'pypi', tool: 'uv', at: first, invocation } as const;
  switch (first.text) {
    case 'pip':
      if (rest[0]?.text === 'sync') return [];
      return pip(invocation, 'uv pip', rest);
    case 'tool':
      if (rest[0]?.text === 'run') return ran(invocation, rest.slice(1));
      return pip(invocation, 'uv tool', rest);
    case 'python': {
      const [verb, ...versions] = rest.filter(({ text }) => !text.startsWith('-'));
      if (verb?.text !== 'install') return [];
      const items = versions.map(
        (argument): Item => ({
          name: `Python ${argument.text}`,
          firmness: /\d+\.\d+\.\d+|^\$\{\w+\}$/.test(argument.text) ? 'exact' : 'range',
          argument,
        }),
      );
      return items.length === 0 ? [] : [{ ...base, action: 'install', items, constrained: false }];
    }
    case 'run': {
      // The project is brought in line with its lock, which may be changed, unless there is none to look at.
      const flags = rest.map(({ text }) => text);
      if (flags.some(text => /^--(no-project|no-sync|script|isolated)$/.test(text))) return [];
      return [restored(base, invocation, readArguments(rest, { values: pipValues }), 'uv run --locked')];
    }
    case 'add': {
      const { operands } = readArguments(rest, { values: pipValues });
      return [{ ...base, action: 'install', items: operands.flatMap(itemOf), constrained: false }];
    }
    case 'sync': {
      return [restored(base, invocation, readArguments(rest, { values: pipValues }), 'uv sync --locked')];
    }
    default:
      return [];
  }
}

function restored(
  base: PipBase,
  { environment }: Invocation,
  given: GivenArguments,
  advice: string,
): Request {
  const isSet = ['UV_LOCKED', 'UV_FROZEN'].some(name => isOn(environment.get(name)?.text));
  const locked = given.has('--locked', '--frozen') || isSet ? 'yes' : 'no';
  return {
    ...base,
    action: 'restore',
    locked,
    remedy: { advice, lockFiles: ['uv.lock'], edit: { append: '--locked' } },
  };
}

/** `uvx black@24.10.0`, `uvx --from black==24.10.0 black`: a tool that is fetched to be run. */
function ran(invocation: Invocation, args: readonly Argument[]): Request[] {
  const given = readArguments(args, { values: `${pipValues} --from --with` });
  const from = given.values('--from')[0];
  const [first] = given.operands;
  const asked = from ? { ...from.argument, text: from.value ?? '' } : first;
  if (asked === undefined) return [];
  const [name = '', version] = asked.text.split('@');
  const items: Item[] =
    from || version === undefined
      ? itemOf(asked)
      : [{ name, firmness: /^\d[\w.]*$/.test(version) ? 'exact' : 'none', argument: asked }];
  if (items.length === 0) return [];
  return [
    { ecosystem: 'pypi', tool: 'uvx', at: asked, invocation, action: 'install', items, constrained: false },
  ];
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(0|false|no|off)?$/i.test(value);
}

function projectTool(invocation: Invocation): Request[] {
  const { name: tool, args } = invocation;
  const given = readArguments(args, { values: `${pipValues} -G -E --extras --with --without -d` });
  const [command, ...operands] = given.operands;
  if (command === undefined) return [];
  const base = { ecosystem: 'pypi', tool, at: command, invocation } as const;
  const items = operands.flatMap(itemOf);
  if (command.text === 'add' || (tool === 'pipenv' && command.text === 'install' && items.length > 0))
    return [{ ...base, action: 'install', items, constrained: false }];
  if (command.text === 'update' || command.text === 'lock' || command.text === 'upgrade')
    return [{ ...base, action: 'upgrade' }];
  if (command.text !== 'install') return [];
  switch (tool) {
    case 'pipenv': {
      const locked = given.has('--deploy', '--ignore-pipfile');
      const remedy = {
        advice: 'pipenv install --deploy',
        lockFiles: ['Pipfile.lock'],
        edit: { append: '--deploy' },
      };
      return [{ ...base, action: 'restore', locked: locked ? 'yes' : 'no', remedy }];
    }
    case 'pdm': {
      const locked = given.has('--frozen-lockfile', '--no-lock', '--check');
      const remedy = { advice: 'pdm sync', lockFiles: ['pdm.lock'] };
      return [{ ...base, action: 'restore', locked: locked ? 'yes' : 'no', remedy }];
    }
    default:
      // poetry refuses a lock that does not fit its project.
      return [{ ...base, action: 'restore', locked: 'yes' }];
  }
}
