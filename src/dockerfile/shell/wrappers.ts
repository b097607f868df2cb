import type { Argument } from './variables.ts';

/** A program that runs the command which its arguments end with. */
interface Wrapper {
  /** Its flags whose value is the next word. */
  readonly values?: string;
  /** How many operands are its own. */
  readonly operands?: number;
  /** Whether NAME=value may stand before the command. */
  readonly assignments?: boolean;
}

const wrappers: Readonly<Record<string, Wrapper>> = {
  sudo: {
    values: '-u -g -h -p -C -D -R -T -U -r -t --user --group --host --prompt --chdir --chroot',
    assignments: true,
  },
  doas: { values: '-u -C' },
  env: { values: '-u -C --unset --chdir', assignments: true },
  exec: { values: '-a' },
  command: {},
  builtin: {},
  nohup: {},
  time: { values: '-f -o' },
  nice: { values: '-n --adjustment' },
  ionice: { values: '-c -n -p --class --classdata' },
  timeout: { values: '-k -s --kill-after --signal', operands: 1 },
  stdbuf: { values: '-i -o -e --input --output --error' },
  chroot: { values: '', operands: 1 },
  gosu: { operands: 1 },
  'su-exec': { operands: 1 },
  setarch: { operands: 1 },
  linux32: {},
  linux64: {},
  fakeroot: {},
  faketime: { operands: 1 },
  eatmydata: {},
  unbuffer: {},
  chronic: {},
  busybox: {},
  tini: {},
  'dumb-init': {},
  runuser: { values: '-u -g -G --user --group' },
  xargs: {
    values: '-I -n -P -L -d -a -E -s --max-args --max-procs --max-lines --delimiter --arg-file --replace',
  },
};

/** Programs of which one sub-command is a wrapper. */
const wrappingSubcommands: Readonly<Record<string, readonly string[]>> = {
  conda: ['run'],
  mamba: ['run'],
  micromamba: ['run'],
  poetry: ['run'],
  pipenv: ['run'],
  pdm: ['run'],
  bundle: ['exec'],
  corepack: ['npm', 'pnpm', 'yarn'],
};

export interface Unwrapped {
  readonly program: Argument;
  readonly args: readonly Argument[];
  /** NAME=value words that a wrapper took. */
  readonly assignments: readonly Argument[];
  /** Whether xargs gives it more arguments, which it reads from its input. */
  readonly fed: boolean;
}

/** The command inside of a command line such as `sudo -E env A=1 timeout 5 curl …`. */
export function unwrapped(line: readonly Argument[]): Unwrapped | undefined {
  const assignments: Argument[] = [];
  let rest = line;
  let fed = false;
  for (let depth = 0; depth < 8; depth++) {
    const [program, ...args] = rest;
    if (program === undefined) return undefined;
    const inner = innerOf(programName(program.text), args, assignments);
    if (inner === undefined || inner.length === 0) return { program, args, assignments, fed };
    // Of one that puts each line somewhere in the middle, the place is an argument already.
    fed ||=
      programName(program.text) === 'xargs' && !args.some(({ text }) => /^(-I|-i|--replace)/.test(text));
    rest = inner;
  }
  return undefined;
}

/** The name that a program is known by: without its directory, and without the ending that Windows gives it. */
export function programName(path: string): string {
  return path.replace(/^.*[\\/]/s, '').replace(/\.(exe|cmd|bat)$/i, '');
}

function innerOf(
  name: string,
  args: readonly Argument[],
  assignments: Argument[],
): readonly Argument[] | undefined {
  const subcommands = Object.hasOwn(wrappingSubcommands, name) ? wrappingSubcommands[name] : undefined;
  if (subcommands !== undefined) {
    const [first] = args;
    if (first === undefined || !subcommands.includes(first.text)) return undefined;
    return name === 'corepack' ? args : args.slice(behindFlags(args, 1, ['-n', '-p', '--name', '--prefix']));
  }
  // cmd's own: `start /wait "title" program`.
  if (name === 'call' || name === 'start') {
    const at = args.findIndex(
      ({ text, word }) => !text.startsWith('/') && (name === 'call' || word.text !== `"${text}"`),
    );
    return at === -1 ? undefined : args.slice(at);
  }
  const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
  if (wrapper === undefined) return undefined;
  let at = behindFlags(args, 0, (wrapper.values ?? '').split(' '));
  while (wrapper.assignments === true && /^[A-Za-z_]\w*=/.test(args[at]?.text ?? '')) {
    const assignment = args[at++];
    if (assignment) assignments.push(assignment);
  }
  return args.slice(at + (wrapper.operands ?? 0));
}

function behindFlags(args: readonly Argument[], from: number, values: readonly string[]): number {
  let at = from;
  for (; at < args.length; at++) {
    const text = args[at]?.text ?? '';
    if (text === '--') return at + 1;
    if (!text.startsWith('-') || text === '-') return at;
    if (values.includes(text)) at++;
  }
  return at;
}
