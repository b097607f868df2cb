import { isIP } from 'node:net';
import { usageError } from '../core/index.ts';

/**
 * The keys of the configuration that one word of EXPOSE stands for: `[[address:]published:]port[-port][/protocol]`.
 * An address and a published port say nothing about an image and are left out, as BuildKit does.
 * @throws HoldfastError EXPOSE_INVALID (exit 2)
 */
export function exposedPorts(text: string): string[] {
  const parts = text.split(':');
  const [container = '', published, ...address] = parts.toReversed();
  const [ports = '', protocol = 'tcp', ...more] = container.split('/');
  const range = portRange(ports);
  const outside = published === undefined || published === '' ? undefined : portRange(published);
  const name = (protocol || 'tcp').toLowerCase();
  const valid =
    range !== undefined &&
    more.length === 0 &&
    ['tcp', 'udp', 'sctp'].includes(name) &&
    isAddress(address.toReversed().join(':')) &&
    fits(range, published, outside);
  if (!valid) {
    throw usageError('EXPOSE_INVALID', `"${text}" is not a port to expose`, {
      next: 'Write a port or a range, with /udp or /sctp where it is not TCP: EXPOSE 8080 9000-9002/udp.',
    });
  }
  return Array.from({ length: range.last - range.first + 1 }, (_, n) => `${range.first + n}/${name}`);
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

function portRange(text: string): PortRange | undefined {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const [first, last] = [Number(from), Number(to)];
  return first <= last && last <= 65_535 ? { first, last } : undefined;
}

/** A single port may be published on any of several; a range on one of the same length. */
function fits(range: PortRange, published: string | undefined, outside: PortRange | undefined): boolean {
  if (published === undefined || published === '') return true;
  if (outside === undefined) return false;
  return range.first === range.last || range.last - range.first === outside.last - outside.first;
}

function isAddress(text: string): boolean {
  return text === '' || isIP(text.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/** Names of signals on Linux (signal(7)), without SIG. */
const signals: ReadonlySet<string> = new Set(
  (
    'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM ' +
    'TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'
  ).split(' '),
);

/**
 * A signal by name, with or without SIG, or by a number other than 0; it stays as it is written.
 * @throws HoldfastError STOPSIGNAL_INVALID (exit 2)
 */
export function knownSignal(text: string): string {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const [, base = '', distance = '0'] = /^(RTMIN\+|RTMAX-)(\d{1,2})$/.exec(name) ?? [];
  const realTime = base !== '' && Number(distance) >= 1 && Number(distance) <= (base === 'RTMIN+' ? 15 : 14);
  const number = /^[+-]?\d{1,9}$/.test(text) && Number(text) !== 0;
  if (number || realTime || signals.has(name)) return text;
  throw usageError('STOPSIGNAL_INVALID', `"${text}" is no signal`, {
    next: 'Name one, for example STOPSIGNAL SIGTERM.',
  });
}
