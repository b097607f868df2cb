import { createReadStream, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import {
  NamespacesNeeded,
  fetchLockedContext,
  forPlatforms,
  isRemote,
  openProject,
  proxyArguments,
  withRuntime,
  type BuildEvent,
  type BuildRuntime,
  type PlatformProjects,
  type Project,
  type ProjectRequest,
  type RegistrySettings,
} from '../build/index.ts';
import {
  formatPlatform,
  hostPlatform,
  interrupted,
  parsePlatform,
  usageError,
  type Platform,
} from '../core/index.ts';
import { truthValue } from '../dockerfile/index.ts';
import { progressFor, progressModes, type ProgressMode } from '../report/index.ts';
import { enterNamespaces, isInside, isolations, openSandbox, probeSandbox } from '../sandbox/index.ts';
import { collect } from './collect.ts';
import { defaultProgress, isolationFor, placesFor, progressMode } from './environment.ts';
import { lockDate } from './lock-date.ts';
import { buildArguments, buildContext, hostAddress, label } from './pairs.ts';
import { portsIn } from './ports.ts';
import { failedStepShell, grantsFrom, type StepOptions } from './step-options.ts';

/** Options of every command that reads a project; names are Docker's where Docker has them. */
export interface ProjectOptions extends PlaceOptions {
  readonly file?: readonly string[];
  readonly target?: string;
  readonly platform?: readonly string[];
  readonly buildArg?: readonly string[];
  readonly buildContext?: readonly string[];
  readonly addHost?: readonly string[];
  readonly label?: readonly string[];
  readonly lockfile?: string;
  readonly withoutRule?: readonly string[];
  readonly pull?: boolean;
  readonly remote?: readonly string[];
  /** Whether the compose file is meant where the directory has a Dockerfile too. */
  readonly compose?: boolean;
  readonly profile?: readonly string[];
  /** A file to be read in place of standard input. */
  readonly standardInput?: string;
}

export interface PlaceOptions {
  readonly store?: string;
  readonly cacheDir?: string;
  readonly isolation?: string;
  readonly progress: ProgressMode;
  readonly json?: boolean;
  /** What kaniko's flags say of registries. */
  readonly registries?: RegistrySettings;
}

export function addPlaceOptions(command: Command): Command {
  return command
    .option(
      '--store <dir>',
      'the store; default $HOLDFAST_STORE, or holdfast/store in the user’s data directory',
    )
    .option(
      '--cache-dir <dir>',
      'what may be thrown away; default $HOLDFAST_CACHE, or holdfast in the user’s cache',
    )
    .addOption(
      new Option(
        '--isolation <kind>',
        'how steps are kept apart; default $HOLDFAST_ISOLATION, or namespaces; the others are weaker',
      )
        .choices(isolations)
        .argParser(text => isolationFor({ isolation: text }, {})),
    )
    .addOption(
      new Option('--progress <mode>', 'how progress is shown on stderr')
        .choices(progressModes)
        .argParser(progressMode)
        .default(defaultProgress(process.env), '$BUILDKIT_PROGRESS, or auto'),
    )
    .option('--json', 'the result as JSON on stdout');
}

export function addProjectOptions(command: Command): Command {
  command
    .argument(
      '[dir]',
      'the build context, with its Dockerfile: a directory; a URL of a git repository, an archive or a Dockerfile; - for an archive or a Dockerfile on stdin',
      '.',
    )
    .option(
      '-f, --file <path>',
      'the Dockerfile; default Dockerfile or Containerfile in DIR; - for stdin; or a compose file, several times for more',
      collect,
    )
    .option('--lockfile <path>', 'the lock; default holdfast.lock beside the Dockerfile')
    .option('--target <stage>', 'the stage to build; default the last')
    .option('--platform <os/arch>', 'platforms to build for, with commas; default this machine’s', collect)
    .option(
      '--build-arg <name=value>',
      'a value for an ARG; NAME alone takes it from the environment',
      collect,
    )
    .option(
      '--build-context <name=value>',
      'files or an image in place of a stage or image: a directory, docker-image://REF, oci-layout://DIR[:TAG]',
      collect,
    )
    .option('--label <name=value>', 'a label of the image', collect)
    .option('--add-host <name:address>', 'reach NAME at ADDRESS when recording', collect)
    .option(
      '--remote <place>',
      'where blobs are shared that the store lacks: REF, docker://REF or oci:DIR; also `remote` in holdfast.yaml',
      collect,
    )
    .option(
      '--pull',
      'ask the registry for images that the lock does not hold, though the store has the name',
    )
    .option('--without-rule <id>', 'do not normalise by this rule', collect);
  return addPlaceOptions(command);
}

/** For commands that take all services of a compose file, or some. */
export function addServiceOptions(command: Command): Command {
  return command
    .argument('[service...]', 'of a compose file these services, and those whose images they are built from')
    .option('--compose', 'take the compose file of DIR, though a Dockerfile is there too')
    .option('--profile <name>', 'build the services of this profile as well; * for all', collect);
}

export interface ServiceNames {
  /** Of a compose file, the services that are meant; all where none is named. */
  readonly service?: readonly string[];
}

/** For commands whose words mean something else than services. */
export function addServiceNames(command: Command): Command {
  return command
    .option(
      '--service <name>',
      'of a compose file this service, several times for more; default all',
      collect,
    )
    .option('--compose', 'take the compose file of DIR, though a Dockerfile is there too');
}

/** The project once for each platform that is named; for this machine's where none is. */
export async function projectsFrom(
  directory: string,
  options: ProjectOptions,
  service?: ServiceProject,
): Promise<PlatformProjects> {
  return forPlatforms(await projectFrom(directory, options, service), platformsFrom(options));
}

/** What a compose file says of a service's build that no option can. */
export type ServiceProject = Pick<ProjectRequest, 'inline' | 'service'>;

function platformsFrom({ platform = defaultPlatform(process.env) }: ProjectOptions): Platform[] {
  const names = new Set(platform.flatMap(text => text.split(',')));
  const parsed = [...names].map(name => (name === 'local' ? hostPlatform() : parsePlatform(name.trim())));
  return [...new Map(parsed.map(one => [formatPlatform(one), one])).values()];
}

/** As Docker's own clients read it. */
function defaultPlatform({ DOCKER_DEFAULT_PLATFORM: text = '' }: NodeJS.ProcessEnv): string[] {
  return text === '' ? [] : [text];
}

/** Of several platforms the first. */
export async function projectFrom(
  directory: string,
  options: ProjectOptions,
  service?: ServiceProject,
): Promise<Project> {
  const isolation = isolationFor(options, process.env);
  const file = dockerfileIn(options);
  const comesOnce = directory === '-' || file === '-' || isRemote(directory);
  if (comesOnce && isolation !== 'chroot' && !isInside()) {
    // What comes by standard input comes once, and what is fetched should, so the program must not start anew later.
    await probeSandbox(isolation);
    enterNamespaces(isolation);
  }
  const [platform] = platformsFrom(options);
  const request: ProjectRequest = {
    directory,
    file,
    target: options.target,
    platform: platform ?? hostPlatform(),
    platformGiven: platform !== undefined,
    buildArguments: buildArguments(options.buildArg ?? [], process.env),
    contexts: Object.fromEntries((options.buildContext ?? []).map(buildContext)),
    lockfile: options.lockfile,
    labels: Object.fromEntries((options.label ?? []).map(label)),
    withoutRules: options.withoutRule ?? [],
    ...service,
  };
  const fetch = async (url: string) => {
    const work = await scratch();
    const keepGitDir = truthValue(request.buildArguments['BUILDKIT_CONTEXT_KEEP_GIT_DIR'] ?? '') === true;
    const asOf = lockDate(process.env, new Date());
    const settings = { lockPath: resolve(options.lockfile ?? 'holdfast.lock'), keepGitDir, asOf };
    return runBuild(
      options,
      runtime => fetchLockedContext(url, settings, runtime, work),
      () => portsIn([url]),
    );
  };
  const { standardInput: sent } = options;
  const standardInput = sent === undefined ? process.stdin : createReadStream(sent);
  return openProject(request, { standardInput, scratch, fetch });
}

/** @throws HoldfastError DOCKERFILE_SEVERAL (exit 2) */
function dockerfileIn({ file: [first, second] = [] }: ProjectOptions): string | undefined {
  if (second === undefined) return first;
  throw usageError('DOCKERFILE_SEVERAL', 'one image is built from one Dockerfile', {
    next: 'Name one file with -f; several are for compose files.',
  });
}

/** Docker's way to name a proxy for a build; steps know the gateway alone, so it is the gateway that is told. */
function proxySettings(given: readonly string[] = []): Record<string, string> {
  const proxies = Object.entries(buildArguments(given, process.env)).filter(([name]) =>
    proxyArguments.has(name),
  );
  return Object.fromEntries(proxies);
}

/** Room for a context that is not a directory, for as long as the program runs. */
export async function scratch(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-context-'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Runs `use` with all that a build needs. It is first tried where the program was started, which is enough when
 * every step is cached; the moment a step must run, the program starts again inside its namespaces.
 */
export async function runBuild<Result>(
  options: PlaceOptions & Pick<ProjectOptions, 'addHost' | 'buildArg' | 'pull' | 'remote'> & StepOptions,
  use: (runtime: BuildRuntime) => Promise<Result>,
  ports: () => readonly number[] = () => [],
  inside = isInside(),
): Promise<Result> {
  const isolation = isolationFor(options, process.env);
  const progress = progressFor(options.progress, {
    write: text => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    columns: () => process.stderr.columns ?? 100,
    now: () => performance.now(),
  });
  const held: BuildEvent[] = [];
  const { store, cache } = placesFor({ store: options.store, cache: options.cacheDir }, process.env);
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    stop.abort(interrupted(name));
  };
  if (inside) for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
  try {
    const result = await withRuntime(
      {
        store,
        cache,
        env: { ...process.env, ...proxySettings(options.buildArg) },
        // Outside of the namespaces nothing is shown until it is known that this try succeeds.
        onEvent: event => (inside ? progress.show(event) : held.push(event)),
        sandbox: openSandbox(isolation, join(cache, 'work', `${process.pid}-sandbox`)),
        canRunSteps: inside,
        pull: options.pull === true,
        addHosts: new Map((options.addHost ?? []).map(hostAddress)),
        ports,
        signal: stop.signal,
        remotes: options.remote ?? [],
        registries: options.registries,
        grants: grantsFrom(options, process.env, failedStepShell(options, progress)),
      },
      use,
    );
    for (const event of held) progress.show(event);
    return result;
  } catch (error) {
    if (!(error instanceof NamespacesNeeded)) {
      for (const event of held) progress.show(event);
      throw error;
    }
    for (const event of held) if (event.type === 'note' && event.once) progress.show(event);
    const { notes } = await probeSandbox(isolation, cache);
    for (const text of notes) progress.show({ type: 'note', text: `${isolation}: ${text}` });
    if (isolation === 'chroot') return await runBuild(options, use, ports, true);
    enterNamespaces(isolation);
    throw error; // Not reached: the program has been replaced.
  } finally {
    progress.close();
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, onSignal);
  }
}

/** One JSON document, or text, on stdout, written before the process may exit. */
export function printResult(options: { readonly json?: boolean }, json: object, text: string): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(json, undefined, 2)}\n` : `${text}\n`);
}

/** An instruction on one line of at most 100 characters. */
export function shortened(instruction: string): string {
  const line = instruction.replace(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
