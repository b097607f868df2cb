import type { CopyInstruction, AddInstruction, Instruction, RunInstruction } from '../dockerfile/index.ts';
import { goDuration, goQuoted } from './go-text.ts';
import { absolutePath, commandLine, healthcheck, texts, type StageSettings } from './metadata.ts';
import { exposedPorts } from './metadata-values.ts';

/**
 * An instruction as BuildKit writes it into an image's history, which is what tools that read histories know: with
 * values in place of variables, the whole command line, and a mark at the end of those that change files. Nothing for
 * ONBUILD, which does nothing here yet.
 * @param settings of before the instruction
 * @throws HoldfastError as expansion does, and EXPOSE_INVALID (exit 2)
 */
export function historyText(instruction: Instruction, settings: StageSettings): string | undefined {
  const { scope, container } = settings;
  switch (instruction.keyword) {
    case 'RUN':
      return ['RUN', ...declared(settings), ...argv(instruction, settings), mark].join(' ');
    case 'COPY':
    case 'ADD':
      return transfer(instruction, settings);
    case 'WORKDIR': {
      const path = absolutePath(container, scope.expand(instruction.path));
      return `WORKDIR ${path === '/' ? path : path.replace(/\/$/, '')}`;
    }
    case 'ARG': {
      const values = scope.argumentValues(instruction);
      return [
        'ARG',
        ...values.map(([name, value]) => (value === undefined ? name : `${name}=${value}`)),
      ].join(' ');
    }
    case 'ENV': {
      const expand = scope.expander();
      const pairs = instruction.variables.map(({ name, value }) => `${expand(name)}=${expand(value)}`);
      return ['ENV', ...pairs].join(' ');
    }
    case 'LABEL': {
      const pairs = instruction.labels.map(
        ({ name, value }) => `${scope.expand(name)}=${scope.expand(value)}`,
      );
      return ['LABEL', ...pairs].join(' ');
    }
    case 'CMD':
    case 'ENTRYPOINT':
      return `${instruction.keyword} ${list(commandLine(instruction.command, container).map(goQuoted))}`;
    case 'EXPOSE': {
      const written = instruction.ports.toSorted(({ text: one }, { text: other }) => (one < other ? -1 : 1));
      return `EXPOSE ${list(written.flatMap(word => scope.expandWords(word)).flatMap(exposedPorts))}`;
    }
    case 'VOLUME':
      return `VOLUME ${list(texts(scope, instruction.volumes))}`;
    case 'USER':
      return `USER ${scope.expand(instruction.user)}`;
    case 'SHELL':
      return `SHELL ${list(instruction.shell.map(({ text }) => text))}`;
    case 'STOPSIGNAL':
      return `STOPSIGNAL ${scope.expand(instruction.signal)}`;
    case 'HEALTHCHECK':
      return `HEALTHCHECK ${check(healthcheck(instruction))}`;
    case 'MAINTAINER':
      return `MAINTAINER ${instruction.maintainer.text}`;
    case 'ONBUILD':
      return undefined;
  }
}

/** By which readers tell the instructions of this form from those that Docker's first builder wrote. */
const mark = '# buildkit';

/** `|2 A=1 B=2`: the arguments that the command was given. */
function declared({ scope }: StageSettings): string[] {
  const values = scope.declared.map(([name, value]) => `${name}=${value}`);
  return values.length === 0 ? [] : [`|${values.length}`, ...values];
}

function argv({ command }: RunInstruction, { container }: StageSettings): readonly string[] {
  if (command.form !== 'script') return commandLine(command, container);
  if (command.shebang) return [`/dev/pipes/${command.name}`];
  return commandLine({ form: 'shell', text: command.text }, container);
}

function transfer(instruction: CopyInstruction | AddInstruction, { scope }: StageSettings): string {
  const { keyword, sources, files, destination, chown, chmod } = instruction;
  return [
    keyword,
    ...(instruction.keyword === 'COPY' && instruction.parents ? ['--parents'] : []),
    ...(chown ? [`--chown=${scope.expand(chown)}`] : []),
    ...(chmod ? [`--chmod=${scope.expand(chmod)}`] : []),
    ...texts(scope, sources),
    ...files.map(({ path }) => `<<${path}`),
    scope.expand(destination),
    mark,
  ].join(' ');
}

const list = (words: readonly string[]) => `[${words.join(' ')}]`;

function check({ Test = [], Retries = 0, ...given }: ReturnType<typeof healthcheck>): string {
  const times = { Interval: 0, Timeout: 0, StartPeriod: 0, StartInterval: 0, ...given };
  const written = Object.entries(times).map(([name, time]) => `${name}:${goDuration(time)}`);
  return `{Test:${list(Test)} ${written.join(' ')} Retries:${Retries}}`;
}
