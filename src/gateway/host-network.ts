import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { readFileSync } from 'node:fs';
import { BlockList, isIP, isIPv4, isIPv6, type LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { messageOf, secureContext, usageError } from '../core/index.ts';
import { isLocalAddress } from './local-address.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What upstream servers are trusted by: the public roots, and the files that the host's variables name (DESIGN 5).
 * @throws HoldfastError GATEWAY_ROOTS_UNREADABLE (exit 2)
 */
export function upstreamTrust(environment: Environment): SecureContext {
  const named = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'].flatMap(variable => {
    const path = environment[variable];
    return path ? [rootsIn(path, variable)] : [];
  });
  return secureContext(named);
}

function rootsIn(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const what = `cannot read root certificates from ${variable}=${path}: ${messageOf(cause)}`;
    throw usageError('GATEWAY_ROOTS_UNREADABLE', what, {
      next: 'Point the variable at a PEM file, or unset it.',
      cause,
    });
  }
}

/** The proxy that the host's environment sends requests to `url` through, as curl reads the variables. */
export function proxyFor(url: URL, environment: Environment): string | undefined {
  const valueOf = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const proxy = valueOf(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? valueOf('ALL_PROXY');
  if (proxy === undefined || isExempt(url, valueOf('NO_PROXY') ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some(entry => {
    if (entry === '') return false;
    if (entry === '*') return true;
    const [, name = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(isIPv6(entry) ? `[${entry}]` : entry) ?? [];
    if (entryPort !== undefined && entryPort !== port) return false;
    return covers(name.toLowerCase().replace(/^\[|\]$/g, ''), host);
  });
}

/** An entry of NO_PROXY: a name with all below it, an address, or an address block. */
function covers(entry: string, host: string): boolean {
  const family = isIPv4(host) ? 'ipv4' : isIPv6(host) ? 'ipv6' : undefined;
  if (family === undefined) {
    const suffix = entry.replace(/^\*?\./, '');
    return host === suffix || host.endsWith(`.${suffix}`);
  }
  const [address = '', bits] = entry.split('/');
  if (isIP(address) !== (family === 'ipv4' ? 4 : 6)) return false;
  const block = new BlockList();
  if (bits === undefined) block.addAddress(address, family);
  else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'ipv4' ? 32 : 128))
    block.addSubnet(address, Number(bits), family);
  return block.check(host, family);
}

export class LocalAddressRefused extends Error {
  readonly code = 'GATEWAY_ADDRESS_REFUSED';
}

/**
 * Name resolution for connections to upstream: `addHosts` first, as Docker's --add-host, then the system's. A name that
 * the system resolves to a local address is refused here, at the moment of connecting, so that an answer which changes
 * between check and use (DNS rebinding) gains nothing.
 */
export function upstreamLookup(addHosts: ReadonlyMap<string, string>, allowLocal: boolean): LookupFunction {
  return (hostname, options, callback) => {
    const added = addHosts.get(hostname);
    if (added !== undefined) {
      const address = { address: added, family: isIPv6(added) ? 6 : 4 };
      if (options.all) callback(null, [address]);
      else callback(null, address.address, address.family);
      return;
    }
    systemLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const [first] = addresses ?? [];
      const usable = allowLocal
        ? first !== undefined
        : !addresses?.some(({ address }) => isLocalAddress(address));
      if (error !== null || first === undefined)
        callback(error ?? new Error(`no address of ${hostname}`), []);
      else if (!usable) callback(new LocalAddressRefused(`${hostname} is an address of this machine`), []);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
