import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { counted, type HoldfastError } from '../../core/index.ts';
import type { RunInstruction } from '../../dockerfile/index.ts';
import type { Exchange, RefusedExchange } from '../../kinds/index.ts';
import type { StepRecording } from '../../lock/index.ts';
import {
  lookUpUser,
  type InjectedFile,
  type Step as SandboxStep,
  type StepUser,
} from '../../sandbox/index.ts';
import { finishLayer, type FinishedLayer } from '../finish-layer.ts';
import type { Ledger } from '../ledger.ts';
import { requestedHostName } from './host-name.ts';
import { defaultShell, type StageSettings } from '../metadata.ts';
import type { BuildInProgress, Step } from '../step.ts';
import { openConnection, type Connection } from './connection.ts';
import { absentError, failed, nameThePort, withTail } from './failure.ts';
import { networkOf } from './grants.ts';
import type { OpenedMount, PreparedMount } from './mounts.ts';
import { StepOutput, type OutputTail } from './output.ts';
import { refusedPorts } from './refused-ports.ts';

const scriptPath = '/run/holdfast/heredoc';

/** A RUN that is not cached. */
export interface Execution {
  readonly builder: BuildInProgress;
  readonly step: Step;
  readonly instruction: RunInstruction;
  readonly settings: StageSettings;
  /** The layers' directories, the top one first, and where they are mounted, read-only. */
  readonly lowers: readonly string[];
  readonly view: string;
  readonly work: string;
  /** What it took when it was recorded. */
  readonly recorded: StepRecording | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly PreparedMount[];
}

/** What the step changed, took from the network, and did without. */
export interface Executed extends FinishedLayer {
  readonly exchanges: readonly Exchange[];
  readonly refused: readonly RefusedExchange[];
}

/**
 * Runs the command in the sandbox, its connection answered by the gateway.
 * @throws HoldfastError STEP_FAILED, AS_OF_ABSENT (exit 6), and what mounts, sandbox, gateway and layers throw
 */
export async function execute(execution: Execution): Promise<Executed> {
  const { builder, step, instruction, settings, lowers, view, work } = execution;
  const { secrets } = builder.runtime.grants;
  const output = new StepOutput(builder.runtime, step, secrets.hidden());
  const opened: OpenedMount[] = [];
  for (const mount of execution.mounts) opened.push(await mount.open(work));
  const network = networkOf(builder.runtime.grants, instruction);
  const connection = await openConnection(builder, { ...execution, network });
  const user = lookUpUser(view, settings.container.User ?? '');
  const outcome = await builder.runtime.sandbox.runStep({
    ...sandboxStep(execution, opened, connection, user),
    directory: await madeDirectory(work, 'step'),
    onStdout: output.onStdout,
    onStderr: output.onStderr,
    signal: builder.signal,
  });
  const asked = await connection.finish();
  output.end();
  if (asked?.problem) throw withTail(asked.problem, output.tail);
  if (outcome.exitCode !== 0) {
    const error = failureOf(execution, outcome.exitCode, connection, asked?.absent ?? [], output.tail);
    await offerShell(execution, opened, outcome.upper, user, error);
    throw error;
  }
  const withSecrets = instruction.mounts.length > 0;
  const finished = await finishLayer(builder, outcome.upper, lowers.length === 0 ? undefined : view, {
    injected: outcome.injectedPaths,
    trust: connection.trust,
    forbidden: withSecrets ? secrets.forbidden() : [],
  });
  return { ...finished, exchanges: asked?.exchanges ?? [], refused: asked?.refused ?? [] };
}

/** What the command and a shell in its place have in common. */
function sandboxStep(
  { builder, instruction, settings: { container }, lowers, environment }: Execution,
  opened: readonly OpenedMount[],
  connection: Connection,
  user: StepUser,
): Omit<SandboxStep, 'directory'> {
  const { argv, files } = commandOf(instruction, container.Shell ?? defaultShell);
  return {
    lowers,
    argv,
    env: {
      HOME: user.home,
      SOURCE_DATE_EPOCH: String(builder.input.ledger.sourceDate),
      ...connection.variables,
      // Of several agents the first one is the one that clients find.
      ...Object.fromEntries(opened.toReversed().flatMap(({ variable }) => (variable ? [variable] : []))),
      ...environment,
      ...connection.extended,
    },
    secrets: Object.fromEntries(opened.flatMap(({ secret }) => (secret ? [secret] : []))),
    cwd: container.WorkingDir ?? '/',
    user,
    network: connection.network,
    hostName: requestedHostName(builder.input.project),
    ...(instruction.security === 'insecure' && { security: instruction.security }),
    shmSize: builder.runtime.grants.shmSize,
    files: [...connection.files, ...files],
    mounts: opened.flatMap(({ mount }) => (mount ? [mount] : [])),
  };
}

/** Where the user wants it, a shell that finds everything as the failed command left it. */
async function offerShell(
  execution: Execution,
  opened: readonly OpenedMount[],
  upper: string,
  user: StepUser,
  error: HoldfastError,
): Promise<void> {
  const { builder, instruction, settings, lowers, work } = execution;
  const { failedStepShell } = builder.runtime.grants;
  if (failedStepShell === undefined) return;
  builder.fail(error);
  await failedStepShell(execution.step.name, async terminal => {
    const network = networkOf(builder.runtime.grants, instruction);
    const connection = await openConnection(builder, { ...execution, network });
    const [shell = '/bin/sh'] = settings.container.Shell ?? defaultShell;
    const step = sandboxStep(execution, opened, connection, user);
    const { exitCode } = await builder.runtime.sandbox.runStep({
      ...step,
      env: { TERM: terminal.type, ...step.env },
      lowers: [upper, ...lowers],
      directory: await madeDirectory(work, 'shell'),
      argv: [shell],
      terminal: terminal.file,
      signal: builder.runtime.signal,
    });
    // What is asked for from here is nothing that the build depends on.
    await connection.finish();
    return exitCode;
  });
}

async function madeDirectory(work: string, name: string): Promise<string> {
  const directory = join(work, name);
  await mkdir(directory, { mode: 0o755 });
  return directory;
}

function failureOf(
  { builder: { runtime, input }, step }: Execution,
  exitCode: number,
  connection: Connection,
  absent: readonly string[],
  tail: OutputTail,
): HoldfastError {
  const { ledger } = input;
  const isOffline = connection.network === 'host' || connection.network === 'none';
  const ports = isOffline ? [] : refusedPorts(tail.lines(), connection.ports);
  const refused = connection.refusedConnections();
  if (refused > 0 && ports.length === 0)
    runtime.note(
      `${step.name}: ${counted(refused, 'connection')} may have gone to ports that the gateway does not serve. ${nameThePort('PORT')}`,
    );
  if (absent.length > 0) return withTail(absentError(step, absent, ledger.asOf), tail);
  return failed(step, exitCode, tail, { asOf: extended(ledger) ? ledger.asOf : undefined, ports });
}

const extended = (ledger: Ledger) => ledger.mode === 'extend' && ledger.hasPrevious;

function commandOf(
  { command }: RunInstruction,
  shell: readonly string[],
): { argv: readonly string[]; files: readonly InjectedFile[] } {
  switch (command.form) {
    case 'exec':
      return { argv: command.words.map(({ text }) => text), files: [] };
    case 'shell':
      return { argv: [...shell, command.text.text], files: [] };
    case 'script':
      return command.shebang
        ? { argv: [scriptPath], files: [{ path: scriptPath, content: command.text.text, mode: 0o755 }] }
        : { argv: [...shell, command.text.text], files: [] };
  }
}
