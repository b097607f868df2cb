import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError, stepError, type Json } from '../core/index.ts';
import type { RunInstruction } from '../dockerfile/index.ts';
import { kinds, type RefusedExchange } from '../kinds/index.ts';
import type { StepRecording } from '../lock/index.ts';
import { lookUpUser, refuseUnrunnable, runStep, type InjectedFile } from '../sandbox/index.ts';
import { unsupported, type BuildInProgress, type Step } from './step.ts';
import type { Layer, StepResult } from './cache.ts';
import { finishLayer, type FinishedLayer } from './finish-layer.ts';
import { lowerDirectories, withView } from './layers.ts';
import { defaultShell, type StageSettings } from './metadata.ts';
import { exchangesDigest, type Ledger } from './ledger.ts';
import { stepResult } from './step-result.ts';
import { checkNew, sessionOptions } from './traffic.ts';
import { stepTrust } from './trust.ts';

const scriptPath = '/run/holdfast/heredoc';

/** How many of a failed step's last lines an error repeats. */
const tailLines = 20;

/** RUN: a command in the sandbox, its traffic answered by the gateway. */
export async function runStepOf(
  builder: BuildInProgress,
  step: Step,
  instruction: RunInstruction,
  settings: StageSettings,
  layers: readonly Layer[],
): Promise<StepResult> {
  refuseUnsupported(instruction, step);
  const { ledger } = builder.input;
  const recorded = ledger.recordedStep(step.id, step.command);
  const { container, scope } = settings;
  const environment = Object.fromEntries(scope.variables);
  const factsOf = ({ exchanges, refused = [] }: Traffic): Json => ({
    environment,
    user: container.User ?? '',
    directory: container.WorkingDir ?? '/',
    shell: container.Shell ?? defaultShell,
    network: instruction.network,
    exchanges: exchangesDigest(exchanges),
    ...(refused.length > 0 && { refused: refused as unknown as Json }),
  });
  if (recorded) ledger.tookStep({ ...recorded, step: step.id });
  // A step whose traffic is unknown must run: what it asks for is what is to be recorded.
  const known = recorded && factsOf(recorded);
  return stepResult(builder, step, layers, known, async work => {
    await refuseUnrunnable(settings.platform, work);
    // The network is made while the layers are unpacked.
    builder.runtime.steps().catch(() => {});
    const lowers = await lowerDirectories(layers, builder.runtime);
    const { exchanges, refused, ...finished } = await withView(lowers, work, view =>
      execute(builder, step, instruction, settings, { lowers, view, work, recorded, environment }),
    );
    await checkNew(builder, exchanges, step);
    ledger.tookStep({
      step: step.id,
      command: step.command,
      exchanges,
      ...(refused.length > 0 && { refused }),
    });
    // A replayed step may ask for less than it did when it was recorded: a client's retry, a race.
    const replayed = ledger.mode === 'replay' && recorded !== undefined;
    return { ...finished, facts: replayed ? factsOf(recorded) : factsOf({ exchanges, refused }) };
  });
}

/** What a step took from the network, and what it did without. */
type Traffic = Pick<StepRecording, 'exchanges' | 'refused'>;

interface Execution {
  readonly lowers: readonly string[];
  readonly view: string;
  readonly work: string;
  readonly recorded: StepRecording | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

async function execute(
  builder: BuildInProgress,
  step: Step,
  instruction: RunInstruction,
  { container }: StageSettings,
  { lowers, view, work, recorded, environment }: Execution,
): Promise<FinishedLayer & Traffic & { readonly refused: readonly RefusedExchange[] }> {
  const { runtime, input } = builder;
  const { ledger } = input;
  const user = lookUpUser(view, container.User ?? '');
  const { argv, files } = commandOf(instruction, container.Shell ?? defaultShell);
  const host = await runtime.steps();
  const trust = await stepTrust(view, host.gateway.caCertificatePem, environment);
  const clients = kinds.flatMap(
    kind => kind.client?.({ caBundle: trust.caBundle, replaying: ledger.hasPrevious, environment }) ?? [],
  );
  const connection = instruction.network === 'none' ? undefined : host.network.allocate();
  const session =
    connection &&
    host.gateway.session({
      clientAddress: connection.clientAddress,
      ...sessionOptions(builder, step, recorded),
    });
  const tail = new OutputTail();
  const onOutput = (chunk: Buffer) => {
    const text = chunk.toString();
    tail.add(text);
    runtime.onEvent({ type: 'step-output', step: step.name, text });
  };
  const directory = join(work, 'step');
  await mkdir(directory, { mode: 0o755 });
  const resets = host.network.refusedConnections();
  const outcome = await runStep({
    lowers,
    directory,
    argv,
    env: {
      HOME: user.home,
      SOURCE_DATE_EPOCH: String(ledger.sourceDate),
      ...Object.assign({}, ...clients.map(client => client.environment)),
      ...trust.environment,
      ...environment,
      ...trust.extended,
    },
    cwd: container.WorkingDir ?? '/',
    user,
    network: connection ?? 'none',
    files: [...trust.files, ...clients.flatMap(client => client.files), ...files],
    onStdout: onOutput,
    onStderr: onOutput,
    signal: builder.signal,
  });
  const traffic = await session?.finish();
  for (const notice of traffic?.notices ?? []) runtime.note(`${step.name}: ${notice}`);
  if (traffic?.problem) throw withTail(traffic.problem, tail);
  if (outcome.exitCode !== 0) {
    const refused = host.network.refusedConnections() - resets;
    if (refused > 0)
      runtime.note(
        `${step.name}: ${refused} connections may have gone to ports that the gateway does not serve`,
      );
    const absent = traffic?.absent ?? [];
    if (absent.length > 0) throw withTail(absentError(step, absent, ledger.asOf), tail);
    throw failed(step, outcome.exitCode, tail, extended(ledger) ? ledger.asOf : undefined);
  }
  const finished = await finishLayer(builder, outcome.upper, lowers.length === 0 ? undefined : view, {
    injected: outcome.injectedPaths,
    trust: { pem: host.gateway.caCertificatePem, markers: host.gateway.caMarkers },
  });
  return { ...finished, exchanges: traffic?.exchanges ?? [], refused: traffic?.refused ?? [] };
}

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

function refuseUnsupported({ mounts, network, security, devices }: RunInstruction, { where }: Step): void {
  if (mounts.length > 0) throw unsupported('RUN --mount', where);
  if (network === 'host') throw unsupported('RUN --network=host', where);
  if (security === 'insecure') throw unsupported('RUN --security=insecure', where);
  if (devices.length > 0) throw unsupported('RUN --device', where);
}

/** The last lines that a step printed, to repeat where it failed. */
class OutputTail {
  #text = '';

  add(text: string): void {
    this.#text = (this.#text + text).slice(-16_384);
  }

  lines(): string[] {
    return this.#text
      .split(/[\r\n]+/)
      .filter(line => line.trim() !== '')
      .slice(-tailLines);
  }
}

const extended = (ledger: Ledger) => ledger.mode === 'extend' && ledger.hasPrevious;

function absentError({ where }: Step, urls: readonly string[], asOf: string): HoldfastError {
  return stepError('AS_OF_ABSENT', `${urls.join(', ')} did not exist on ${asOf}, the lock's date`, {
    next: 'Remove holdfast.lock and run `holdfast lock` to record everything as of today, or ask for something older.',
    where,
  });
}

/** `asOf` where the step saw the world as of a date: what came later is not found in it. */
function failed(
  { text, where }: Step,
  exitCode: number,
  tail: OutputTail,
  asOf: string | undefined,
): HoldfastError {
  const short = text.length > 120 ? `${text.slice(0, 119)}…` : text;
  const dated = asOf === undefined ? '' : ` What came after ${asOf}, the lock's date, does not exist for it.`;
  return stepError('STEP_FAILED', `${short} ended with exit code ${exitCode}`, {
    next: `Read the last lines of its output above; the command behaves as it would under \`docker build\`.${dated}`,
    where,
    details: tail.lines(),
  });
}

function withTail(problem: HoldfastError, tail: OutputTail): HoldfastError {
  const { exit, code, message, next, where, details } = problem;
  return new HoldfastError(exit, code, message, {
    next,
    where,
    cause: problem,
    details: [...details, ...tail.lines()],
  });
}
