import type { Digest } from '../../core/index.ts';
import type { AnswerAsOf, Gateway, Session } from '../../gateway/index.ts';
import type { BuildTrust } from '../../image/index.ts';
import { keyText, kinds, type Exchange } from '../../kinds/index.ts';
import type { StepRecording } from '../../lock/index.ts';
import type { InjectedFile, Step as SandboxStep } from '../../sandbox/index.ts';
import type { RunInstruction } from '../../dockerfile/index.ts';
import { placed } from '../images.ts';
import type { BuildInProgress, Step } from '../step.ts';
import { stepTrust } from '../trust.ts';
import { masked } from './mask.ts';

type Variables = Readonly<Record<string, string>>;
type SessionResult = Awaited<ReturnType<Session['finish']>>;

/** A step's way to the network. */
export interface Traffic {
  readonly network: SandboxStep['network'];
  /** What makes clients trust the gateway. */
  readonly files: readonly InjectedFile[];
  /** Variables for the same, which the Dockerfile's own win over. */
  readonly variables: Variables;
  /** The Dockerfile's own, with the gateway's root added to what they name. */
  readonly extended: Variables;
  /** What of it must not be in a layer. */
  readonly trust?: BuildTrust | undefined;
  /** What the step asked for; nothing where it had no gateway to ask. */
  finish(): Promise<SessionResult | undefined>;
  /** Connections that nobody took since the step began, this step's or another's. */
  refusedConnections(): number;
}

interface Asking {
  readonly step: Step;
  readonly network: RunInstruction['network'];
  /** What the step took when it was recorded. */
  readonly recorded: StepRecording | undefined;
  /** Where the image can be looked into. */
  readonly view: string;
  readonly environment: Variables;
}

/** Opens a step's way to the network: through the gateway, none, or the host's own, past which nothing is recorded. */
export async function openTraffic(builder: BuildInProgress, asking: Asking): Promise<Traffic> {
  if (asking.network === 'host') return hostTraffic;
  const { runtime, input } = builder;
  const { ledger } = input;
  const { step, view, environment } = asking;
  const host = await runtime.steps();
  const { caCertificatePem: pem, caMarkers: markers } = host.gateway;
  const trust = await stepTrust(view, pem, environment);
  const clients = kinds.flatMap(
    kind => kind.client?.({ caBundle: trust.caBundle, replaying: ledger.hasPrevious, environment }) ?? [],
  );
  const connection = asking.network === 'none' ? undefined : host.network.allocate();
  const session = connection && openSession(builder, asking, host.gateway, connection.clientAddress);
  const resets = host.network.refusedConnections();
  return {
    network: connection ?? 'none',
    files: [...trust.files, ...clients.flatMap(client => client.files)],
    variables: { ...Object.assign({}, ...clients.map(client => client.environment)), ...trust.environment },
    extended: trust.extended,
    trust: { pem, markers },
    finish: async () => {
      const result = await session?.finish();
      for (const notice of result?.notices ?? []) runtime.note(`${step.name}: ${notice}`);
      return result;
    },
    refusedConnections: () => host.network.refusedConnections() - resets,
  };
}

const hostTraffic: Traffic = {
  network: 'host',
  files: [],
  variables: {},
  extended: {},
  finish: async () => undefined,
  refusedConnections: () => 0,
};

function openSession(
  { runtime, input: { ledger } }: BuildInProgress,
  { step, recorded }: Asking,
  gateway: Gateway,
  clientAddress: string,
): Session {
  const hidden = runtime.grants.secrets.hidden();
  return gateway.session({
    clientAddress,
    step: step.name,
    where: step.where,
    mode: ledger.mode,
    recorded: ledger.answersFor(recorded),
    vary: (_url, headers) => Object.assign({}, ...kinds.map(kind => kind.vary?.(headers))),
    canonicalBody: (url, headers, body) => firstOf(kinds, kind => kind.requestBody?.(url, headers, body)),
    hide: text => masked(text, hidden),
    refused: key => recorded?.refused?.find(one => keyText(one.key) === keyText(key))?.status,
    asOf: ledger.hasPrevious ? answersAsOf(new Date(ledger.asOf)) : undefined,
    sources: url => kinds.flatMap(kind => kind.sources?.(url, { asOf: new Date(ledger.asOf) }) ?? []),
    onExchange: event => runtime.onEvent({ type: 'step-exchange', ...event, step: step.name }),
  });
}

/** The first kind that knows the request says how upstream answered on the lock's date. */
function answersAsOf(asOf: Date): AnswerAsOf {
  return async (request, fetch) => {
    for (const kind of kinds) {
      const answer = await kind.asOf?.(request, { asOf, fetch });
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

function firstOf<Item, Value>(items: readonly Item[], valueOf: (item: Item) => Value | undefined) {
  for (const item of items) {
    const value = valueOf(item);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Where a lock lifted the clients' own checks of age, new answers get them here. */
export async function checkNew(
  { input: { ledger }, runtime }: BuildInProgress,
  exchanges: readonly Exchange[],
  { where }: Step,
): Promise<void> {
  if (!ledger.hasPrevious || ledger.mode === 'replay') return;
  const context = {
    readBody: (digest: Digest) => runtime.store.readBytes(digest),
    now: runtime.now(),
    asOf: new Date(ledger.asOf),
  };
  for (const exchange of exchanges.filter(one => !ledger.holds(one))) {
    for (const kind of kinds) {
      try {
        await kind.checkNew?.(exchange, context);
      } catch (error) {
        throw placed(error, exchange.key.url, where);
      }
    }
  }
}
