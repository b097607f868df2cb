import type { SecureContext } from 'node:tls';

interface Identity {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * What connections are verified by: Node's own roots (those of NODE_EXTRA_CA_CERTS among them) and these beside them,
 * PEM; text without a certificate adds nothing. With a certificate of the client's own, if it has one.
 */
export function secureContext(roots: readonly string[], identity: Identity = {}): SecureContext {
  const { createSecureContext } = process.getBuiltinModule('node:tls');
  const context = createSecureContext(identity);
  // The option `ca` would replace Node's own roots. To hand those over with it has them all parsed anew, for each host:
  // a tenth of a second, where to add to what Node has parsed takes a millisecond.
  for (const root of roots) context.context.addCACert(root);
  return context;
}
