/** How programs write where they could not connect to: `host:8443`, `port 8443`, `port=8443`. */
const dialled = /(?:[\w.\]|-]:|\bport[ =:]+)(\d{2,5})\b/gi;
const complaints =
  /refused|could not connect|failed to connect|cannot connect|can't connect|unable to connect/i;
/** What listens in the step itself is no matter of the gateway. */
const ownAddress = /\blocalhost\b|\b127\.\d+\.\d+\.\d+\b|\[?::1\]?:|\b0\.0\.0\.0\b|\/run\/|\.sock\b/;

/** Ports that a step's output says it could not connect to, and that the gateway does not serve. */
export function refusedPorts(lines: readonly string[], served: readonly number[]): number[] {
  const ports = lines
    .filter(line => complaints.test(line) && !ownAddress.test(line))
    .flatMap(line => [...line.matchAll(dialled)].map(([, port]) => Number(port)));
  return [...new Set(ports)].filter(port => port > 0 && port < 65_536 && !served.includes(port));
}
