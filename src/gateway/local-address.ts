import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Addresses that mean this machine or its cloud's metadata service: loopback, link-local, "this host". A step has its
 * own network; through the gateway, which runs outside of it, it must not reach these.
 */
const local = new BlockList();
local.addSubnet('127.0.0.0', 8, 'ipv4');
local.addSubnet('0.0.0.0', 8, 'ipv4');
local.addSubnet('169.254.0.0', 16, 'ipv4');
// Alibaba Cloud's and Amazon's (IPv6) metadata services, which are not at link-local addresses.
local.addAddress('100.100.100.200', 'ipv4');
local.addAddress('fd00:ec2::254', 'ipv6');
local.addAddress('::', 'ipv6');
local.addAddress('::1', 'ipv6');
local.addSubnet('fe80::', 10, 'ipv6');

export function isLocalAddress(address: string): boolean {
  const bare = address.split('%', 1)[0] ?? '';
  if (isIP(bare) === 0) return false;
  const [, embedded] = /^(?:::ffff:|64:ff9b::)(?:0:)?([0-9a-f.:]+)$/i.exec(bare) ?? [];
  if (isIPv6(bare) && embedded !== undefined) {
    const dotted = embedded.includes('.') ? embedded : dottedOf(embedded);
    return dotted !== undefined && local.check(dotted, 'ipv4');
  }
  return local.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4');
}

/** Names that resolvers answer with such an address, or that only a metadata service goes by (RFC 6761 6.3). */
export function isLocalName(host: string): boolean {
  return /(?:^|\.)localhost$|^metadata(?:\.google\.internal)?$|^instance-data(?:\.ec2\.internal)?$/.test(
    host,
  );
}

/** "7f00:1" is 127.0.0.1. */
function dottedOf(groups: string): string | undefined {
  const [high, low, ...more] = groups.split(':').map(group => parseInt(group || '0', 16));
  if (high === undefined || low === undefined || more.length > 0) return undefined;
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
