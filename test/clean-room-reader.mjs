// Fetches every immutable input that a holdfast.lock names from where the lock says that it lies, and checks it.
//   [HOSTS='NAME=ADDRESS …'] node clean-room-reader.mjs holdfast.lock
// It knows docs/lockfile.md and nothing of Holdfast's code: whoever has the lock can do without Holdfast.
import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const hosts = Object.fromEntries((process.env['HOSTS'] ?? '').split(' ').map(pair => pair.split('=')));
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(hosts[name] ?? name, ...rest);

/** Why a line is not fetched; nothing where it is. */
function whyNot(section, { sha256, manifest, method, status, answer, reference }) {
  if (section === 'archives') return 'an index, which moves';
  if (section === 'git') return 'a pack, which is another one in each fetch';
  if (section === 'image') return /^(localhost|[^/]*[.:][^/]*)\//.test(reference) ? '' : 'names no registry';
  if (method !== undefined) return `asked for by ${method}`;
  if (status !== undefined) return `not a file, but status ${status}`;
  if (answer !== undefined) return 'answered differently each time';
  return (sha256 ?? manifest) === undefined ? 'without a digest' : '';
}

/** By digest, from the registry that the reference names (distribution-spec, "Pulling manifests"). */
function manifestUrl({ reference, manifest }) {
  const [, domain, path] = /^([^/]+)\/(.+?)(:[^:/]+)?(@.*)?$/.exec(reference);
  return `${/^(localhost|127\.)/.test(domain) ? 'http' : 'https'}://${domain}/v2/${path}/manifests/${manifest}`;
}

async function difference({ url, size, sha256, manifest, ...rest }) {
  const accept = manifest === undefined ? '*/*' : 'application/vnd.oci.image.manifest.v1+json, */*';
  const headers = { accept, 'accept-encoding': 'identity' };
  const answer = await fetch(url ?? manifestUrl({ manifest, ...rest }), { headers });
  const body = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) return `answered ${answer.status}`;
  if (size !== undefined && body.length !== size) return `has ${body.length} bytes, not ${size}`;
  const found = createHash('sha256').update(body).digest('hex');
  return found === (sha256 ?? manifest.slice('sha256:'.length)) ? '' : `has another content, ${found}`;
}

const lock = parse(readFileSync(process.argv[2], 'utf8'));
for (const [section, lines] of Object.entries(lock)) {
  if (section === 'builds' || !Array.isArray(lines)) continue;
  for (const line of lines) {
    const name = [section, line.name ?? line.reference ?? line.url, line.version].join(' ').trim();
    const reason = whyNot(section, line);
    const problem = reason
      ? ''
      : await difference(line).catch(({ message, cause }) => cause?.message ?? message);
    if (problem) process.exitCode = 1;
    console.log(
      reason ? `skipped ${name}: ${reason}` : problem ? `WRONG ${name}: ${problem}` : `right ${name}`,
    );
  }
}
