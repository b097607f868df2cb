import { errnoOf, HoldfastError, messageOf, upstreamError } from '../core/index.ts';
import { TransientFailure } from './retry.ts';

/** What a cut or slow connection gives; the same request may well succeed the next time. */
const passing = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'HPE_INVALID_EOF_STATE',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

/** No TLS spoken at the other end at all, as opposed to a certificate that does not convince. */
const notTls = /^(?:EPROTO|ERR_SSL_(?!.*CERT).*)$/;
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS/;

/**
 * What to make of an error thrown while bytes were exchanged with `url`: a TransientFailure where it may pass,
 * else REGISTRY_UNREACHABLE or REGISTRY_TLS (exit 5). The signal's own reason where the user gave up.
 */
export function networkFailure(error: unknown, url: URL, signal?: AbortSignal): Error {
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : new Error('aborted');
  const code = errnoOf(error) ?? errnoOf(causeOf(error)) ?? '';
  if (notTls.test(code) || certificate.test(code)) {
    return upstreamError('REGISTRY_TLS', `no trusted TLS connection to ${url.host} (${code})`, {
      next: `Lay its root certificate as *.crt into ~/.config/containers/certs.d/${url.host}, or name it with SSL_CERT_FILE; plain HTTP must be allowed by host.`,
      cause: error,
    });
  }
  const failure = upstreamError(
    'REGISTRY_UNREACHABLE',
    `cannot reach ${url.host} (${code || messageOf(error)})`,
    {
      next: 'Check the host name, the network, and HTTPS_PROXY and NO_PROXY.',
      cause: error,
    },
  );
  return passing.has(code) ? new TransientFailure(failure) : failure;
}

/** Whether a host that was asked over TLS may be one that speaks plain HTTP. */
export function isPlainHttpSuspect(error: unknown): boolean {
  const failure = error instanceof TransientFailure ? error.failure : error;
  if (!(failure instanceof HoldfastError)) return false;
  if (failure.code === 'REGISTRY_UNREACHABLE') return true;
  const code = errnoOf(failure.cause) ?? errnoOf(causeOf(failure.cause)) ?? '';
  return failure.code === 'REGISTRY_TLS' && notTls.test(code);
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
