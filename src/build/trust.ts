import { lstat, readFile } from 'node:fs/promises';
import { resolveInRoot, type InjectedFile } from '../sandbox/index.ts';
import { javaKeystore } from './java-keystore.ts';

/** How the programs of one step come to trust the gateway (DESIGN 5, TLS). */
export interface StepTrust {
  readonly files: readonly InjectedFile[];
  /** What the image or the Dockerfile sets wins over these: the files that its values name are trusted to as well. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables that hold more than trust: the stage's own value, with ours behind it. These win. */
  readonly extended: Readonly<Record<string, string>>;
  /** Inside the step: the image's own roots, and the gateway's. */
  readonly caBundle: string;
}

const folder = '/run/holdfast';
const bundlePath = `${folder}/ca-bundle.crt`;
const rootPath = `${folder}/ca.crt`;
const wgetrcPath = `${folder}/wgetrc`;
const keystorePath = `${folder}/java-roots.jks`;

/** Where distributions keep the bundle of roots that their TLS libraries were compiled to read. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Alpine, Arch
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Fedora, RHEL
  '/etc/pki/tls/certs/ca-bundle.crt', // older RHEL
  '/etc/pki/tls/cacert.pem',
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/var/lib/ca-certificates/ca-bundle.pem', // openSUSE
  '/etc/ssl/cert.pem', // Alpine, OpenBSD's layout
];

/**
 * Debian's and Alpine's `update-ca-certificates` write the bundle anew and then run what lies here, so a bundle
 * that is written in the middle of a step still ends with the gateway's root. The layer writer takes it out again.
 */
const updateHooks = '/etc/ca-certificates/update.d';

/** Variables that name a bundle to be trusted *instead of* the system's. */
const replacing = [
  'SSL_CERT_FILE', // OpenSSL, Go, Ruby, PHP, uv
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'AWS_CA_BUNDLE',
  'GIT_SSL_CAINFO', // Debian's git is linked with GnuTLS and does not read SSL_CERT_FILE
  'CARGO_HTTP_CAINFO',
  'BUNDLE_SSL_CA_CERT',
  'COMPOSER_CAFILE',
  'PERL_LWP_SSL_CA_FILE',
  'NIX_SSL_CERT_FILE',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
];

/** Variables that name roots to be trusted *as well*. */
const adding = ['NODE_EXTRA_CA_CERTS', 'DENO_CERT'];

/**
 * `rootView` is the merged, read-only view of the layers below the step; `caPem` the gateway's root; `variables` what
 * the stage sets: a bundle that these name is laid under the step with the gateway's root, so that the values stay.
 */
export async function stepTrust(
  rootView: string,
  caPem: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<StepTrust> {
  const named = [...replacing, ...adding].map(name => variables[name] ?? '');
  const bundles = await existingBundles(rootView, systemBundles);
  const namedBundles = await existingBundles(
    rootView,
    named.filter(path => path.startsWith('/')),
  );
  const own = bundles[0]?.content ?? '';
  const files: InjectedFile[] = [
    { path: rootPath, content: caPem },
    { path: bundlePath, content: own + caPem },
    // Debian's wget is linked with GnuTLS, which has no variable for its roots.
    { path: wgetrcPath, content: `ca_certificate = ${bundlePath}\n` },
    { path: keystorePath, content: javaKeystore(own + caPem) },
    ...new Map(
      [...bundles, ...namedBundles].map(({ path, content }) => [path, { path, content: content + caPem }]),
    ).values(),
  ];
  if (await isDirectory(rootView, updateHooks)) {
    const append = `#!/bin/sh\ncat ${rootPath} >> /etc/ssl/certs/ca-certificates.crt\n`;
    files.push({ path: `${updateHooks}/zz-holdfast`, content: append, mode: 0o755 });
  }
  const environment: Record<string, string> = { SYSTEM_WGETRC: wgetrcPath };
  for (const name of replacing) environment[name] = bundlePath;
  for (const name of adding) environment[name] = rootPath;
  // Java reads no PEM. Its own keystore is left alone: packages change it, and what it then held would stay.
  const java = [variables['JAVA_TOOL_OPTIONS'] ?? '', `-Djavax.net.ssl.trustStore=${keystorePath}`];
  const extended = { JAVA_TOOL_OPTIONS: java.filter(options => options !== '').join(' ') };
  return { files, environment, extended, caBundle: bundlePath };
}

async function existingBundles(
  rootView: string,
  paths: readonly string[],
): Promise<{ path: string; content: string }[]> {
  const found = new Map<string, string>();
  for (const bundle of paths) {
    const real = resolveInRoot(rootView, bundle);
    const stats = await lstat(rootView + real).catch(() => undefined);
    if (!stats?.isFile() || found.has(real)) continue;
    const content = await readFile(rootView + real, 'utf8');
    found.set(real, content === '' || content.endsWith('\n') ? content : `${content}\n`);
  }
  return [...found].map(([path, content]) => ({ path, content }));
}

async function isDirectory(rootView: string, path: string): Promise<boolean> {
  const real = resolveInRoot(rootView, path);
  const stats = await lstat(rootView + real).catch(() => undefined);
  return stats?.isDirectory() === true;
}
