import { posix } from 'node:path';
import type { Platform } from '../core/index.ts';
import type { Command, HealthcheckInstruction, Instruction, Word } from '../dockerfile/index.ts';
import type { ContainerConfig } from '../image/index.ts';
import { exposedPorts, knownSignal } from './metadata-values.ts';
import type { CacheStates } from './run/index.ts';
import type { StageScope } from './scope.ts';

/** What a stage has set so far beside its files. */
export interface StageSettings {
  readonly scope: StageScope;
  /** What the stage's steps are run for; an image of a stage may be made for another. */
  readonly platform: Platform;
  container: ContainerConfig;
  author?: string | undefined;
  /** Whether this stage, not its base, gave CMD: ENTRYPOINT takes an inherited one away. */
  ownCommand: boolean;
  /** What steps left in cache mounts. */
  readonly caches: CacheStates;
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
      const expand = scope.expander();
      for (const { name, value } of instruction.variables) scope.setEnvironment(expand(name), expand(value));
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
      const ports = instruction.ports.flatMap(word => scope.expandWords(word)).flatMap(exposedPorts);
      return set({
        ExposedPorts: { ...container.ExposedPorts, ...Object.fromEntries(ports.map(port => [port, {}])) },
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
      return set({ StopSignal: knownSignal(scope.expand(instruction.signal)) });
    case 'HEALTHCHECK':
      return set({ Healthcheck: healthcheck(instruction) });
    case 'MAINTAINER':
      settings.author = instruction.maintainer.text;
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

/** docker-image-spec: `CMD-SHELL` is run by the image's SHELL, or by Docker's own where there is none. */
export function healthcheck({ check }: HealthcheckInstruction): NonNullable<ContainerConfig['Healthcheck']> {
  if (check === undefined) return { Test: ['NONE'] };
  const { command, interval, timeout, startPeriod, startInterval, retries } = check;
  return {
    Test:
      command.form === 'exec'
        ? ['CMD', ...command.words.map(({ text }) => text)]
        : ['CMD-SHELL', command.text.text],
    ...(interval > 0 && { Interval: interval }),
    ...(timeout > 0 && { Timeout: timeout }),
    ...(startPeriod > 0 && { StartPeriod: startPeriod }),
    ...(startInterval > 0 && { StartInterval: startInterval }),
    ...(retries > 0 && { Retries: retries }),
  };
}

/** A path of the Dockerfile made absolute: relative ones start from the working directory. A final `/` stays. */
export function absolutePath(container: ContainerConfig, path: string): string {
  const absolute = posix.resolve('/', container.WorkingDir ?? '/', path);
  return path.endsWith('/') && absolute !== '/' ? `${absolute}/` : absolute;
}

export function texts(scope: StageScope, words: readonly Word[]): string[] {
  return words.map(word => scope.expand(word));
}
