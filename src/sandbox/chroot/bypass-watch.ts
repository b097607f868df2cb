import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A connection is seen for as long as it is open. */
const interval = 50;

/**
 * Looks for connections that a step makes past the gateway: nothing here keeps it from dialling an address. What is
 * open for less than the interval can be missed, so this finds mistakes and habits, not malice.
 */
export class BypassWatch {
  readonly #pid: () => number;
  readonly #stop = new AbortController();
  readonly #found = new Set<string>();
  readonly #done: Promise<void>;

  /** @param pid of a process of which all that the step starts descends. */
  constructor(pid: () => number) {
    this.#pid = pid;
    this.#done = this.#watch();
  }

  /** Ends the watch. @returns where the step was connected to, as `address:port`, sorted. */
  async end(): Promise<string[]> {
    this.#stop.abort();
    await this.#done;
    return [...this.#found].toSorted();
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#look();
      await sleep(interval, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  #look(): void {
    const foreign = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap(table =>
      foreignConnections(textOf(`/proc/net/${table}`)),
    );
    if (foreign.length === 0) return;
    const pids = descendants(this.#pid());
    const own = process.getuid?.() ?? 0;
    const inodes = new Set(pids.flatMap(socketsOf));
    // Whose files cannot be read is another user, and that one is the step's alone.
    const uids = new Set(pids.map(uidOf).filter(uid => uid !== own));
    for (const { remote, inode, uid } of foreign)
      if (inodes.has(inode) || uids.has(uid)) this.#found.add(remote);
  }
}

interface Connection {
  readonly remote: string;
  readonly inode: string;
  readonly uid: number;
}

/** TCP_ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT; a connected UDP socket has the first of them. */
const connected = ['01', '04', '05', '08'];

/** Open connections to other machines: proc_net_tcp(5). Addresses are in the machine's order of bytes, four at a time. */
export function foreignConnections(table: string): Connection[] {
  return table
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(([, , , state = '']) => connected.includes(state))
    .flatMap(([, , remote = '', , , , , uid = '', , inode = '']) => {
      const [address = '', port = ''] = remote.split(':');
      const text = addressText(address);
      if (text === undefined) return [];
      return [{ remote: `${text}:${Number.parseInt(port, 16)}`, inode, uid: Number(uid) }];
    });
}

/** Nothing for this machine's own. */
function addressText(hex: string): string | undefined {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap(word => [...Buffer.from(word, 'hex').reverse()]);
  const isMapped = bytes.length === 16 && bytes.slice(0, 12).join() === '0,0,0,0,0,0,0,0,0,0,255,255';
  const plain = isMapped ? bytes.slice(12) : bytes;
  if (plain.length === 4) return plain[0] === 127 || plain[0] === 0 ? undefined : plain.join('.');
  if (plain.slice(0, 15).every(byte => byte === 0)) return undefined;
  const groups = Array.from({ length: 8 }, (_, n) =>
    (((plain[2 * n] ?? 0) << 8) | (plain[2 * n + 1] ?? 0)).toString(16),
  );
  return `[${groups.join(':')}]`;
}

/** All processes that a process started, and those that these did. */
function descendants(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(name => [
        Number(name),
        Number(/^\d+ \(.*\) \S (\d+)/s.exec(textOf(`/proc/${name}/stat`))?.[1] ?? 0),
      ]),
  );
  const descends = (one: number): boolean => {
    const parent = parents.get(one) ?? 0;
    return parent === pid || (parent > 0 && descends(parent));
  };
  return [...parents.keys()].filter(descends);
}

function socketsOf(pid: number): string[] {
  try {
    const directory = `/proc/${pid}/fd`;
    return readdirSync(directory).flatMap(
      name => /^socket:\[(\d+)\]$/.exec(readlinkSync(`${directory}/${name}`))?.[1] ?? [],
    );
  } catch {
    return []; // It has ended, or is another user's.
  }
}

function uidOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
