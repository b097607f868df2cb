import type { Duplex } from 'node:stream';
import {
  errnoOf,
  exitCodes,
  HoldfastError,
  messageOf,
  staleError,
  stepError,
  upstreamError,
  usageError,
  type SourcePlace,
} from '../core/index.ts';
import {
  keyText,
  type Exchange,
  type ExchangeKey,
  type RecordedResponse,
  type RefusedExchange,
} from '../kinds/index.ts';
import type { AnswerAsOf } from './as-of.ts';
import type { CanonicalBody, Hide, Vary } from './key.ts';
import { Ledger } from './ledger.ts';
import { UpstreamFailure } from './retry.ts';

/** Where a request is answered from: the recording only; the recording, else upstream; upstream only. */
type SessionMode = 'replay' | 'extend' | 'record';

export interface ExchangeEvent {
  readonly step: string;
  readonly method: string;
  /** Without credentials. */
  readonly url: string;
  readonly status: number;
  /** Bytes of the body that were sent or recorded. */
  readonly bytes: number;
  readonly from: 'store' | 'upstream';
}

export interface SessionOptions {
  /** The address that the step's connections come from; `*` takes every connection that no other session takes. */
  readonly clientAddress: string;
  /** As StepRecording names it. */
  readonly step: string;
  readonly where: SourcePlace;
  readonly mode: SessionMode;
  /** What the lock holds for a key; not asked in the mode `record`. */
  readonly recorded: (key: ExchangeKey) => Exchange | undefined;
  readonly vary: Vary;
  /** What stands for a request's body in the key, where its bytes differ from run to run. */
  readonly canonicalBody?: CanonicalBody | undefined;
  /** Takes secrets out of URLs. */
  readonly hide?: Hide | undefined;
  /** The status with which upstream refused a request when the lock was made; used in the mode `replay`. */
  readonly refused?: ((key: ExchangeKey) => number | undefined) | undefined;
  /** How an index that the lock does not hold was on the lock's date; used in the mode `extend`. */
  readonly asOf?: AnswerAsOf | undefined;
  /** Other URLs where the bytes of one may lie. */
  readonly sources?: ((url: string) => readonly string[]) | undefined;
  readonly onExchange?: ((event: ExchangeEvent) => void) | undefined;
}

export interface SessionResult {
  /** Every exchange that the step took part in, sorted by key; those of the lock are whole, asked for in full or not. */
  readonly exchanges: readonly Exchange[];
  /** What must fail the step, whatever its own exit code was. */
  readonly problem?: HoldfastError | undefined;
  /** What the user should hear of, one line each. */
  readonly notices: readonly string[];
  /** What the step did without for want of credentials. */
  readonly refused: readonly RefusedExchange[];
  /** URLs of indexes that upstream has now and had not on the lock's date. */
  readonly absent: readonly string[];
}

/** How a request to upstream ended, for all clients that waited for it. */
export type Outcome =
  | { readonly kind: 'recorded'; readonly response: RecordedResponse }
  | { readonly kind: 'passed-on' }
  | { readonly kind: 'failed'; readonly error: HoldfastError };

/** What one step asks for, from its first connection until `finish`. */
export class GatewaySession {
  readonly options: SessionOptions;
  readonly ledger: Ledger;
  /** Requests to upstream that are under way, by key. */
  readonly flights = new Map<string, Promise<Outcome>>();
  readonly #sockets = new Set<Duplex>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #abort = new AbortController();
  readonly #problems: HoldfastError[] = [];
  readonly #failures = new Map<string, HoldfastError>();
  readonly #denied = new Map<string, RefusedExchange>();
  readonly #notices = new Set<string>();
  readonly #absent = new Set<string>();
  #bug: { readonly thrown: unknown } | undefined;

  constructor(options: SessionOptions) {
    this.options = options;
    this.ledger = new Ledger(options.mode === 'record' ? () => undefined : options.recorded);
  }

  /** Aborted when the session is over and nothing may go on for it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Keeps a client's connection, to close it with the session. */
  track(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Keeps work, to wait for it at the end. What it throws is a bug of ours and is thrown again by `finish`. */
  run(work: Promise<unknown>): void {
    const settled = work
      .catch((thrown: unknown) => {
        this.#bug ??= { thrown };
      })
      .finally(() => this.#running.delete(settled));
    this.#running.add(settled);
  }

  problem(error: HoldfastError): void {
    this.#problems.push(error);
  }

  notice(text: string): void {
    this.#notices.add(text);
  }

  /** An index that is there now and was not on the lock's date. */
  absent(url: string): void {
    this.#absent.add(url);
  }

  /** Tells whoever shows progress. */
  exchanged(
    { method, url }: ExchangeKey,
    { status }: RecordedResponse,
    bytes: number,
    from: ExchangeEvent['from'],
  ): void {
    this.options.onExchange?.({ step: this.options.step, method, url, status, bytes, from });
  }

  /** The lock lacks this key, and upstream may not be asked. */
  missing(key: ExchangeKey): HoldfastError {
    const what = `the lock has no answer to ${key.method} ${key.url}, which step ${this.options.step} asks for`;
    const next = 'Run `holdfast lock` to add what is missing; nothing that the lock holds moves.';
    const error = staleError('LOCK_MISSING_EXCHANGE', what, { next, where: this.options.where });
    this.problem(error);
    return error;
  }

  /** A recorded body could not be read as recorded. */
  unreadable(key: ExchangeKey, thrown: unknown): void {
    const known = thrown instanceof HoldfastError;
    const exit = known ? thrown.exit : exitCodes.integrity;
    const code = known ? thrown.code : 'GATEWAY_BLOB_UNREADABLE';
    const next = known
      ? thrown.next
      : 'Delete that file from the store and run `holdfast lock` to fetch it again.';
    const text = `step ${this.options.step}: the recorded body of ${key.url}: ${messageOf(thrown)}`;
    this.problem(new HoldfastError(exit, code, text, { next, where: this.options.where, cause: thrown }));
  }

  /**
   * Upstream gave nothing that can be recorded, or the store did not take it. Taken back when the same request
   * succeeds later on. Throws again what is neither.
   */
  failed(key: ExchangeKey, thrown: unknown): HoldfastError {
    const fromStore = thrown instanceof HoldfastError || errnoOf(thrown) !== undefined;
    if (!(thrown instanceof UpstreamFailure) && !fromStore) throw thrown;
    const { step, where } = this.options;
    const text = `step ${step}: ${key.method} ${withUrl(key.url, messageOf(thrown))}`;
    const error =
      thrown instanceof UpstreamFailure
        ? upstreamError(thrown.code, text, { next: nextAfter(thrown.code), where, cause: thrown })
        : thrown instanceof HoldfastError && thrown.exit === exitCodes.upstream
          ? upstreamError(thrown.code, text, { next: thrown.next, where, cause: thrown })
          : usageError('GATEWAY_NOT_STORED', text, {
              next: 'Check that the store can be written to.',
              where,
              cause: thrown,
            });
    this.#failures.set(keyText(key), error);
    return error;
  }

  hasFailed(key: ExchangeKey): boolean {
    return this.#failures.has(keyText(key));
  }

  succeeded(key: ExchangeKey): void {
    this.#failures.delete(keyText(key));
    this.#denied.delete(keyText(key));
  }

  /** 401, 403, 407: the client was told, and may come back with credentials. */
  denied(key: ExchangeKey, status: number): void {
    this.#failures.delete(keyText(key));
    this.#denied.set(keyText(key), { key, status });
  }

  refusedProtocol(host: string, port: number): void {
    const { step, where } = this.options;
    const text = `step ${step} speaks something other than HTTP to ${host}:${port}, which cannot be locked`;
    const next = 'Fetch it over HTTP or HTTPS in the Dockerfile.';
    this.problem(stepError('GATEWAY_NOT_HTTP', text, { next, where }));
  }

  /**
   * Ends the session: closes its connections, waits up to `patience` milliseconds for downloads that no client waits
   * for any more (the recording must have them whole, since a later build asks for them again), gives up the others.
   */
  async finish(patience: number): Promise<SessionResult> {
    for (const socket of this.#sockets) socket.destroy();
    const giveUp = setTimeout(() => this.#abort.abort(), patience);
    while (this.#running.size > 0) await Promise.all(this.#running);
    clearTimeout(giveUp);
    this.#abort.abort();
    if (this.#bug !== undefined) throw this.#bug.thrown;
    const refused = [...this.#denied.values()];
    for (const { key, status } of refused)
      this.notice(`${key.url} answered ${status}: what is behind it is not locked (GATEWAY_DENIED)`);
    const exchanges = this.ledger
      .exchanges()
      .map(exchange => ({ text: keyText(exchange.key), exchange }))
      .toSorted((a, b) => (a.text < b.text ? -1 : 1))
      .map(({ exchange }) => exchange);
    return {
      exchanges,
      problem: this.#worst(),
      notices: [...this.#notices],
      absent: [...this.#absent],
      refused,
    };
  }

  /** A wrong byte explains more than a missing one, and that more than an upstream that fails. */
  #worst(): HoldfastError | undefined {
    const all = [...this.#problems, ...this.#failures.values()];
    const withExit = (exit: number) => all.find(problem => problem.exit === exit);
    return withExit(exitCodes.integrity) ?? withExit(exitCodes.stale) ?? all[0];
  }
}

function nextAfter(code: string): string {
  switch (code) {
    case 'GATEWAY_ADDRESS_REFUSED':
      return 'If the step shall reach this machine, name the host with --add-host.';
    case 'GATEWAY_REDIRECT_LOOP':
      return 'Open the URL by hand; the server sends its clients round in circles.';
    case 'GATEWAY_UPSTREAM_LIMIT':
      return 'Check that the URL is the right one; what it sends is larger than any input.';
    default:
      return 'Run the command again when the server answers; what was fetched so far is kept in the store.';
  }
}

/** What is told of a URL; many failures name theirs, which is another one behind a redirect. */
function withUrl(url: string, message: string): string {
  return message.startsWith(`${url} `) ? message : `${url}: ${message}`;
}
