import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Firmness, Item, Request } from '../requests/request.ts';

const gemValues =
  '-v --version -i --install-dir -n --bindir -s --source -P --trust-policy --platform -g --file --build-root -p --http-proxy --use-system-libraries';
const bundleValues =
  '-j --jobs --path --without --with --gemfile --retry --binstubs --shebang --standalone --trust-policy --target-rbconfig';

/** gem and bundler. */
export const gemFinder: Finder = {
  programs: ['gem', 'bundle', 'bundler'],
  find: invocation => (invocation.name === 'gem' ? gem(invocation) : bundle(invocation)),
};

function gem(invocation: Invocation): Request[] {
  // What follows `--` is for the compiler of extensions.
  const end = invocation.args.findIndex(({ text }) => text === '--');
  const args = end === -1 ? invocation.args : invocation.args.slice(0, end);
  const given = readArguments(args, { values: gemValues });
  const [command, ...operands] = given.operands;
  if (command === undefined) return [];
  const base = { ecosystem: 'gem', tool: 'gem', at: command, invocation } as const;
  if (command.text === 'update') return [{ ...base, action: 'upgrade' }];
  if (command.text !== 'install' && command.text !== 'i') return [];
  const version = given.values('-v', '--version')[0]?.value;
  const items = operands.flatMap(argument => itemOf(argument, version));
  return items.length > 0 ? [{ ...base, action: 'install', items, constrained: false }] : [];
}

/** `name[:version]`; one `--version` is for all. */
function itemOf(argument: Argument, version: string | undefined): Item[] {
  const { text } = argument;
  if (text.endsWith('.gem')) return [];
  const colon = text.indexOf(':');
  const own = colon === -1 ? version : text.slice(colon + 1);
  return [{ name: colon === -1 ? text : text.slice(0, colon), firmness: firmnessOf(own), argument }];
}

function firmnessOf(version: string | undefined): Firmness {
  if (version === undefined || version === '') return 'none';
  return /^=?\s*(\d[\w.-]*|\$\{\w+\})$/.test(version) ? 'exact' : 'range';
}

function bundle(invocation: Invocation): Request[] {
  const given = readArguments(invocation.args, { values: bundleValues });
  const [command] = given.operands;
  if (command?.text === 'update') return [{ ...requestOf(invocation, command), action: 'upgrade' }];
  if (command !== undefined && command.text !== 'install' && command.text !== 'i') return [];
  if (command === undefined && given.has('--version', '-v', '--help')) return [];
  const { environment } = invocation;
  const locked =
    given.has('--frozen', '--deployment') ||
    ['BUNDLE_FROZEN', 'BUNDLE_DEPLOYMENT'].some(name => /^(1|true)$/.test(environment.get(name)?.text ?? ''));
  const advice = 'BUNDLE_FROZEN=1, or bundle config set --global frozen true';
  const remedy = { advice, lockFiles: ['Gemfile.lock'] };
  return [{ ...requestOf(invocation, command), action: 'restore', locked: locked ? 'yes' : 'no', remedy }];
}

function requestOf(invocation: Invocation, at: Argument | undefined) {
  return { ecosystem: 'gem', tool: 'bundle', at: at ?? invocation.program, invocation } as const;
}
