import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HeaderList } from './headers.ts';

/** Writes the head of an answer. No Date: clients keep it in caches that end in layers. */
export function writeHead(response: ServerResponse, status: number, headers: HeaderList): void {
  response.sendDate = false;
  const names = new Set(headers.map(([name]) => name));
  for (const name of names)
    response.setHeader(
      name,
      headers.filter(([candidate]) => candidate === name).map(([, value]) => value),
    );
  response.writeHead(status);
}

/** The request's socket, which a response that waits for earlier ones does not have yet; null once Node let go of it. */
const socketOf = (response: ServerResponse): Socket | null => response.req.socket;

/** True once the client can get no more of this answer. */
export function isGone(response: ServerResponse): boolean {
  return response.destroyed || response.closed || (socketOf(response)?.destroyed ?? true);
}

/** Resolves when the response takes more, when the client is gone, or with false after `stall` milliseconds. */
export function drained(response: ServerResponse, stall?: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = socketOf(response);
    const settle = (result: boolean) => {
      clearTimeout(timer);
      response.off('drain', onward);
      response.off('close', onward);
      // A pipelined response that has no socket yet does not hear of the socket's end.
      socket?.off('close', onward);
      resolve(result);
    };
    const onward = () => settle(true);
    const timer = stall === undefined ? undefined : setTimeout(() => settle(false), stall);
    response.on('drain', onward);
    response.on('close', onward);
    socket?.on('close', onward);
    if (isGone(response)) onward();
  });
}

/** Sends a piece; resolves when its memory may be used again, with false when the client is gone. */
export function flushed(response: ServerResponse, piece: Uint8Array): Promise<boolean> {
  return new Promise(resolve => {
    const socket = socketOf(response);
    const settle = () => {
      response.off('close', settle);
      // A pipelined response that has no socket yet does not hear of the socket's end.
      socket?.off('close', settle);
      resolve(!isGone(response));
    };
    response.on('close', settle);
    socket?.on('close', settle);
    if (isGone(response)) settle();
    else response.write(piece, settle);
  });
}

/** Sends all of `source`, no faster than the client takes it; stops when the client is gone. Returns the bytes sent. */
export async function sendAll(response: ServerResponse, source: AsyncIterable<Uint8Array>): Promise<number> {
  let sent = 0;
  for await (const chunk of source) {
    if (isGone(response)) break;
    sent += chunk.byteLength;
    if (!response.write(chunk)) await drained(response);
  }
  return sent;
}

/**
 * Breaks the connection: the only honest end of an answer that has begun and cannot be completed. For HTTP/1.0 by a
 * reset, since a body without a length would look complete after an orderly end; TLS shows the difference itself.
 */
export function breakOff(response: ServerResponse): void {
  const socket = socketOf(response);
  if (response.req.httpVersion === '1.0' && !(socket instanceof TLSSocket)) socket?.resetAndDestroy();
  else socket?.destroy();
  response.destroy();
}

/**
 * An answer of the gateway's own: says why in plain text, for the tool's log. In `curl … | sh` a shell may get to read
 * it, for which it is a comment; the step fails whatever comes of it.
 */
export function refuse(response: ServerResponse, status: number, code: string, text: string): void {
  if (isGone(response) || response.headersSent) return breakOff(response);
  const body = Buffer.from(`# holdfast: ${text.replaceAll(/[\r\n]+/g, ' ')} (${code})\n`);
  writeHead(response, status, [
    ['content-type', 'text/plain; charset=utf-8'],
    ['content-length', String(body.length)],
    ['x-holdfast-code', code],
    ...(hasUnreadBody(response.req) ? [['connection', 'close'] as const] : []),
  ]);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function hasUnreadBody(request: IncomingMessage): boolean {
  return !request.complete;
}
