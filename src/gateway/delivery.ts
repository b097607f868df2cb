import type { ServerResponse } from 'node:http';
import type { RecordedResponse } from '../kinds/index.ts';
import { isBodiless, plannedAnswer, type AnswerBody } from './answer.ts';
import type { Bodies } from './bodies.ts';
import { breakOff, drained, flushed, isGone, sendAll, writeHead } from './client-response.ts';
import type { HeaderList } from './headers.ts';
import type { ByteRange } from './ranges.ts';

/** Answers from the store. Returns the bytes of body sent; throws what Bodies throws, with the connection broken. */
export async function deliverRecorded(
  response: ServerResponse,
  recorded: RecordedResponse,
  bodies: Bodies,
): Promise<number> {
  const { status, headers, body } = recorded;
  const size = body?.size ?? 0;
  const planned = plannedAnswer(requestOf(response), { status, headers, size });
  try {
    writeHead(response, planned.status, planned.headers);
    const sent = body === undefined ? 0 : await sendPlanned(response, planned.body, body, bodies);
    response.end();
    return sent;
  } catch (error) {
    breakOff(response);
    throw error;
  }
}

async function sendPlanned(
  response: ServerResponse,
  plan: AnswerBody,
  body: NonNullable<RecordedResponse['body']>,
  bodies: Bodies,
): Promise<number> {
  switch (plan.kind) {
    case 'none':
      return 0;
    case 'whole':
      return bodies.whole(body, piece => flushed(response, piece));
    case 'range':
      return sendAll(response, bodies.range(body, plan.range));
    case 'parts': {
      let sent = 0;
      for (const { head, range } of plan.parts) {
        sent += await sendAll(response, text(head));
        sent += await sendAll(response, bodies.range(body, range));
      }
      return sent + (await sendAll(response, text(plan.tail)));
    }
  }
}

async function* text(value: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(value);
}

/** The head of a live answer, as it is told to the client that asked for it. */
export interface LiveHead {
  readonly status: number;
  readonly headers: HeaderList;
  /** Bytes that upstream promises. */
  readonly size: number | undefined;
}

/**
 * One client's side of a download that is being recorded: the bytes go out as they come. The last one of a known
 * length waits until the recording holds them all, so that what a client has got whole is recorded. A client that
 * stops reading is left behind and gets the rest from the store.
 */
export class LiveDelivery {
  readonly #response: ServerResponse;
  readonly #stall: number;
  #window: ByteRange = { start: 0, end: 0 };
  #state: 'waiting' | 'streaming' | 'left-behind' | 'headed' = 'waiting';
  #seen = 0;
  #sent = 0;
  #held: Uint8Array | undefined;

  constructor(response: ServerResponse, stall: number) {
    this.#response = response;
    this.#stall = stall;
  }

  begin(head: LiveHead): void {
    const request = requestOf(this.#response);
    const { method, headers } = request;
    const needsSize = method === 'HEAD' || (method === 'GET' && headers.range !== undefined);
    if (isGone(this.#response) || (needsSize && head.size === undefined && !isBodiless(head.status))) return;
    const planned = plannedAnswer(request, head);
    if (planned.body.kind === 'parts') return;
    writeHead(this.#response, planned.status, planned.headers);
    this.#state = planned.body.kind === 'none' ? 'headed' : 'streaming';
    if (planned.body.kind === 'whole') this.#window = { start: 0, end: head.size ?? Infinity };
    if (planned.body.kind === 'range') this.#window = planned.body.range;
    // The client may go on at once; the download does too.
    if (this.#state === 'headed') this.#response.end();
    else this.#response.flushHeaders();
  }

  async take(chunk: Uint8Array): Promise<void> {
    const { start, end } = this.#window;
    const offset = this.#seen;
    this.#seen += chunk.byteLength;
    if (this.#state !== 'streaming' || isGone(this.#response)) return;
    const wanted = chunk.subarray(
      Math.max(0, start - offset),
      Math.max(0, Math.min(chunk.byteLength, end - offset)),
    );
    if (wanted.byteLength === 0) return;
    if (start + this.#sent + wanted.byteLength >= end) {
      this.#held = wanted;
      return;
    }
    this.#sent += wanted.byteLength;
    if (!this.#response.write(wanted) && !(await drained(this.#response, this.#stall)))
      this.#state = 'left-behind';
  }

  /** The recording holds the answer now. */
  async finish(recorded: RecordedResponse, bodies: Bodies): Promise<void> {
    if (isGone(this.#response) || this.#state === 'headed') return;
    if (this.#state === 'waiting') {
      await deliverRecorded(this.#response, recorded, bodies);
      return;
    }
    if (this.#state === 'left-behind' && recorded.body !== undefined) {
      const { start, end } = this.#window;
      const rest = { start: start + this.#sent, end: Math.min(end, recorded.body.size) };
      await sendAll(this.#response, bodies.range(recorded.body, rest));
    } else if (this.#held !== undefined) this.#response.write(this.#held);
    this.#response.end();
  }

  /** False where nothing was sent yet, so that the client can still be told why. */
  get hasBegun(): boolean {
    return this.#state !== 'waiting';
  }
}

const requestOf = (response: ServerResponse) => ({
  method: response.req.method ?? 'GET',
  headers: response.req.headers,
});
