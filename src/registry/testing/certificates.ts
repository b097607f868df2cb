import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Why tests with certificates cannot run here, if they cannot. */
export const noOpenssl =
  spawnSync('openssl', ['version']).error === undefined ? undefined : 'openssl is not installed';

/** Files with a self-signed certificate for these names (`DNS:…`, `IP:…`), its own root, and its key. */
export async function selfSigned(
  directory: string,
  names: readonly string[],
): Promise<{ readonly cert: string; readonly key: string }> {
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=kelp', '-addext', `subjectAltName=${names.join(',')}`];
  await promisify(execFile)('openssl', [...kind, ...subject, '-keyout', files.key, '-out', files.cert]);
  return files;
}
