import type { RunInstruction } from '../../dockerfile/index.ts';
import type { SessionResult } from '../../gateway/index.ts';
import type { BuildTrust } from '../../image/index.ts';
import { keyText, kinds, type Exchange } from '../../kinds/index.ts';
import type { StepRecording } from '../../lock/index.ts';
import type { InjectedFile, Step as SandboxStep } from '../../sandbox/index.ts';
import type { Ledger } from '../ledger.ts';
import type { BuildRuntime } from '../runtime.ts';
import type { BuildInProgress, Step } from '../step.ts';
import { sessionOptions } from '../traffic.ts';
import { stepTrust } from '../trust.ts';

type Variables = Readonly<Record<string, string>>;

/** A step's way to the network. */
export interface Connection {
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
  /** TCP ports that somebody answers at. */
  readonly ports: readonly number[];
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
export async function openConnection(builder: BuildInProgress, asking: Asking): Promise<Connection> {
  if (asking.network === 'host') return hostConnection;
  const { runtime, input } = builder;
  const { ledger } = input;
  const { step, view, environment } = asking;
  const host = await runtime.steps();
  const { caCertificatePem: pem, caMarkers: markers } = host.gateway;
  const trust = await stepTrust(view, pem, environment);
  const onlyRoot = !runtime.sandbox.keepsOwners;
  const made = await madeAnswers(ledger, runtime);
  const clients = kinds.flatMap(kind => {
    const asOf = ledger.dateOf(kind.name);
    return (
      kind.client?.({
        caBundle: trust.caBundle,
        replaying: ledger.hasPrevious,
        locked: ledger.mode === 'replay',
        asOf: asOf === undefined ? undefined : new Date(asOf),
        onlyRoot,
        environment,
        made: made.filter(({ url }) => kind.isMade?.(url)),
      }) ?? []
    );
  });
  const connection = asking.network === 'none' ? undefined : host.network.allocate();
  const session =
    connection &&
    host.gateway.session({
      clientAddress: connection.clientAddress,
      ...sessionOptions(builder, step, asking.recorded),
    });
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
      return result && { ...result, exchanges: withMade(result.exchanges, made) };
    },
    refusedConnections: () => host.network.refusedConnections() - resets,
    ports: host.ports,
  };
}

const hostConnection: Connection = {
  network: 'host',
  files: [],
  variables: {},
  extended: {},
  finish: async () => undefined,
  refusedConnections: () => 0,
  ports: [],
};

interface MadeAnswer {
  readonly exchange: Exchange;
  readonly url: string;
  readonly body: Buffer;
}

/** What an update made for clients to ask for, and the lock holds. */
async function madeAnswers(ledger: Ledger, { places }: BuildRuntime): Promise<MadeAnswer[]> {
  const made: MadeAnswer[] = [];
  for (const exchange of ledger.held(url => kinds.some(kind => kind.isMade?.(url)))) {
    const body = exchange.responses.at(-1)?.body;
    if (body === undefined) continue;
    made.push({ exchange, url: exchange.key.url, body: await places.readBytes(body.digest) });
  }
  return made;
}

/** A client that was given a file asks for it no more; what it chose by it must all the same be there for the next run. */
function withMade(asked: readonly Exchange[], made: readonly MadeAnswer[]): Exchange[] {
  const origins = new Set(asked.map(({ key }) => new URL(key.url).origin));
  const known = new Set(asked.map(({ key }) => keyText(key)));
  const added = made
    .map(({ exchange }) => exchange)
    .filter(({ key }) => origins.has(new URL(key.url).origin) && !known.has(keyText(key)));
  return [...asked, ...added];
}
