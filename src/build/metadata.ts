import { posix } from 'node:path';
import { usageError } from '../core/index.ts';
import type { Command, HealthcheckInstruction, Instruction, Word } from '../dockerfile/index.ts';
import type { ContainerConfig } from '../image/index.ts';
import type { StageScope } from './scope.ts';

/** What a stage has set so far beside its files. */
export interface StageSettings {
  readonly scope: StageScope;
  container: ContainerConfig;
  author?: string | undefined;
  /** Whether this stage, not its base, gave CMD: ENTRYPOINT takes an inherited one away. */
  ownCommand: boolean;
}

export type MetadataInstruction = Exclude<Instruction, { keyword: 'RUN' | 'COPY' | 'ADD' | 'WORKDIR' }>;

/** Docker's own where no SHELL was given. */
export const defaultShell: string[] = ['/bin/sh', '-c'];

/** The effect of an instruction that touches no file (Dockerfile reference), on `settings`. */
export function applyMetadata(instruction: MetadataInstruction, settings: StageSettings): void {
  const { scope, container } = settings;
  const set = (changes: Partial<ContainerConfig>) => {
    settings.container = { ...container, ...changes };
  };
  switch (instruction.keyword) {
    case 'ARG':
      return scope.declare(instruction);
    case 'ENV': {
      const frozen = scope.frozen();
      for (const { name, value } of instruction.variables)
        scope.setEnvironment(frozen.expand(name), frozen.expand(value));
      return;
    }
    case 'LABEL': {
      const labels = instruction.labels.map(
        ({ name, value }) => [scope.expand(name), scope.expand(value)] as const,
      );
      return set({ Labels: { ...container.Labels, ...Object.fromEntries(labels) } });
    }
    case 'CMD':
      settings.ownCommand = true;
      return set({ Cmd: commandLine(instruction.command, container) });
    case 'ENTRYPOINT':
      return set({
        Entrypoint: commandLine(instruction.command, container),
        Cmd: settings.ownCommand ? container.Cmd : undefined,
      });
    case 'EXPOSE': {
      const ports = instruction.ports
        .flatMap(word => scope.expandWords(word))
        .map(text => exposedPort(text, instruction.range.line));
      return set({
        ExposedPorts: {
          ...container.ExposedPorts,
          ...Object.fromEntries(ports.flat().map(port => [port, {}])),
        },
      });
    }
    case 'VOLUME': {
      const volumes = instruction.volumes.map(word => [scope.expand(word), {}] as const);
      return set({ Volumes: { ...container.Volumes, ...Object.fromEntries(volumes) } });
    }
    case 'USER':
      return set({ User: scope.expand(instruction.user) });
    case 'SHELL':
      return set({ Shell: instruction.shell.map(({ text }) => text) });
    case 'STOPSIGNAL':
      return set({ StopSignal: scope.expand(instruction.signal) });
    case 'HEALTHCHECK':
      return set({ Healthcheck: healthcheck(instruction, container) });
    case 'MAINTAINER':
      settings.author = scope.expand(instruction.maintainer);
      return;
    case 'ONBUILD':
      return set({ OnBuild: [...(container.OnBuild ?? []), instruction.expression] });
  }
}

/** Shell form is given to the shell as one argument; exec form is taken as it is. */
export function commandLine(
  command: Command,
  { Shell: shell = defaultShell }: Pick<ContainerConfig, 'Shell'>,
): string[] {
  return command.form === 'exec' ? command.words.map(({ text }) => text) : [...shell, command.text.text];
}

function healthcheck(
  { check }: HealthcheckInstruction,
  container: ContainerConfig,
): ContainerConfig['Healthcheck'] {
  if (check === undefined) return { Test: ['NONE'] };
  const { command, interval, timeout, startPeriod, startInterval, retries } = check;
  const shell = command.form === 'shell' && container.Shell === undefined;
  const test =
    command.form === 'exec'
      ? ['CMD', ...commandLine(command, container)]
      : shellTest(command.text.text, shell, container);
  return {
    Test: test,
    ...(interval > 0 && { Interval: interval }),
    ...(timeout > 0 && { Timeout: timeout }),
    ...(startPeriod > 0 && { StartPeriod: startPeriod }),
    ...(startInterval > 0 && { StartInterval: startInterval }),
    ...(retries > 0 && { Retries: retries }),
  };
}

/** docker-image-spec: `CMD-SHELL` is run by the container's shell, which the image's SHELL is not. */
function shellTest(text: string, plain: boolean, { Shell: shell = defaultShell }: ContainerConfig): string[] {
  return plain ? ['CMD-SHELL', text] : ['CMD', ...shell, text];
}

/** `port[-port][/protocol]` (Dockerfile reference, EXPOSE), as keys of the configuration. */
function exposedPort(text: string, line: number): string[] {
  const [, first = '', last = first, protocol = 'tcp'] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([a-zA-Z]+))?$/.exec(text) ?? [];
  const from = Number(first);
  const to = Number(last);
  if (first === '' || to < from || to > 65_535 || !['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) {
    throw usageError('EXPOSE_INVALID', `"${text}" (line ${line}) is not a port to expose`, {
      next: 'Write a port or a range, with /udp or /sctp where it is not TCP: EXPOSE 8080 9000-9002/udp.',
    });
  }
  return Array.from({ length: to - from + 1 }, (_, n) => `${from + n}/${protocol.toLowerCase()}`);
}

/** A path of the Dockerfile made absolute: relative ones start from the working directory. A final `/` stays. */
export function absolutePath(container: ContainerConfig, path: string): string {
  const absolute = posix.resolve('/', container.WorkingDir ?? '/', path);
  return path.endsWith('/') && absolute !== '/' ? `${absolute}/` : absolute;
}

export function texts(scope: StageScope, words: readonly Word[]): string[] {
  return words.map(word => scope.expand(word));
}
