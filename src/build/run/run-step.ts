import { usageError, type Json } from '../../core/index.ts';
import type { RunInstruction, Stage } from '../../dockerfile/index.ts';
import type { StepRecording } from '../../lock/index.ts';
import { refuseUnrunnable } from '../../sandbox/index.ts';
import type { Layer, StepResult } from '../cache.ts';
import { lowerDirectories } from '../layers.ts';
import { exchangesDigest } from '../ledger.ts';
import { defaultShell, type StageSettings } from '../metadata.ts';
import { stepResult, type Leavings } from '../step-result.ts';
import type { BuildInProgress, Step } from '../step.ts';
import { checkNew } from '../traffic.ts';
import { execute } from './execute.ts';
import { shortened } from './failure.ts';
import { networkOf, requireEntitlement } from './grants.ts';
import { requestedHostName } from './host-name.ts';
import { prepareMounts, type PreparedMount } from './mounts.ts';

/** RUN: a command in the sandbox, its traffic answered by the gateway; or an earlier result of the same. */
export async function runStepOf(
  builder: BuildInProgress,
  stage: Stage,
  step: Step,
  instruction: RunInstruction,
  settings: StageSettings,
  layers: readonly Layer[],
): Promise<StepResult> {
  const network = networkOf(builder.runtime.grants, instruction);
  refuseNotGiven(builder, step, instruction, network);
  const { ledger } = builder.input;
  const recorded = ledger.recordedStep(step.id, step.command);
  const { container, scope } = settings;
  const environment = Object.fromEntries(scope.variables);
  const hostName = requestedHostName(builder.input.project);
  const mounts = await prepareMounts({ builder, stage, step, settings }, instruction);
  const factsOf = ({ exchanges, refused = [] }: Pick<StepRecording, 'exchanges' | 'refused'>): Json => ({
    environment,
    user: container.User ?? '',
    directory: container.WorkingDir ?? '/',
    shell: container.Shell ?? defaultShell,
    network,
    ...(hostName !== undefined && { hostName }),
    ...(mounts.length > 0 && { mounts: mounts.map(({ facts }) => facts) }),
    exchanges: exchangesDigest(exchanges),
    ...(refused.length > 0 && { refused: refused as unknown as Json }),
  });
  if (recorded) ledger.tookStep({ ...recorded, step: step.id });
  const run = async (work: string) => {
    await refuseUnrunnable(settings.platform, work);
    // The network is made while the layers are unpacked.
    if (network !== 'host') builder.runtime.steps().catch(() => {});
    const lowers = await lowerDirectories(layers, builder.runtime);
    const { exchanges, refused, ...finished } = await builder.runtime.sandbox.withView(lowers, work, view =>
      execute({ builder, step, instruction, settings, lowers, view, work, recorded, environment, mounts }),
    );
    await checkNew(builder, exchanges, step);
    if (network === 'host')
      builder.runtime.note(`${step.name}: what it took from the host's network is not locked (NETWORK_HOST)`);
    ledger.tookStep({
      step: step.id,
      command: step.command,
      exchanges,
      ...(refused.length > 0 && { refused }),
      ...(network === 'host' && { unlocked: unlockedNetwork(step) }),
    });
    // A replayed step may ask for less than it did when it was recorded: a client's retry, a race.
    const replayed = ledger.mode === 'replay' && recorded !== undefined;
    return { ...finished, facts: replayed ? factsOf(recorded) : factsOf({ exchanges, refused }) };
  };
  // A step whose traffic is unknown must run: what it asks for is what is to be recorded.
  const known = recorded && factsOf(recorded);
  return stepResult(builder, step, layers, known, run, leavingsOf(mounts));
}

/** Nobody saw what went over the host's network: the lock says so, and a build from it must be allowed to go on. */
function unlockedNetwork({ text }: Step): NonNullable<StepRecording['unlocked']> {
  return [{ reason: 'NETWORK_HOST', name: 'network.host', step: shortened(text) }];
}

/** @throws HoldfastError BUILD_NOT_ALLOWED, BUILD_DEVICE (exit 2) */
function refuseNotGiven(
  { runtime }: BuildInProgress,
  step: Step,
  instruction: RunInstruction,
  network: RunInstruction['network'],
): void {
  if (network === 'host') requireEntitlement(runtime.grants, 'network.host', step.where);
  if (instruction.security === 'insecure')
    requireEntitlement(runtime.grants, 'security.insecure', step.where);
  for (const { name, required } of instruction.devices) {
    const why = 'what a device computes could not be locked';
    if (!required) runtime.note(`${step.name}: the device ${name} is not given to it: ${why}`);
    else
      throw usageError(
        'BUILD_DEVICE',
        `this step needs the device ${name}, and no step is given one: ${why}`,
        {
          next: 'Have the step work without it, and take "required" away.',
          where: step.where,
        },
      );
  }
}

function leavingsOf(mounts: readonly PreparedMount[]): Leavings {
  return {
    isWhole: async key => {
      for (const mount of mounts) if ((await mount.isWhole?.(key)) === false) return false;
      return true;
    },
    done: async (key, work) => {
      for (const mount of mounts) await mount.done?.(key, work);
    },
  };
}
