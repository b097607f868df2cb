import { accepted, refused, type OtherFlags } from './fates.ts';

const oneLayer = 'every step has its own layer, found by comparing what it left with what was there';
const always = 'it is always so';
const apart = 'the build never touches the file system that this program runs in';
const unverified = refused(
  'a certificate is always verified',
  'Name the root with --registry-certificate HOST=FILE, in certs.d or SSL_CERT_FILE.',
);

/** Flags with a value (`value`) or without one, and what becomes of them. */
export const otherFlags: OtherFlags = {
  reproducible: { value: false, fate: accepted(always) },
  'use-new-run': { value: false, fate: accepted(oneLayer) },
  'snapshot-mode': { value: true, fate: accepted(oneLayer) },
  snapshotMode: { value: true, fate: accepted(oneLayer) },
  'single-snapshot': {
    value: false,
    fate: refused('steps have a layer each', 'Join the steps in one RUN, or leave the flag out.'),
  },
  cleanup: { value: false, fate: accepted(apart) },
  'pre-cleanup': { value: false, fate: accepted(apart) },
  'preserve-context': { value: false, fate: accepted(apart) },
  materialize: {
    value: false,
    fate: refused(
      'the image’s files are never laid over the system that this program runs in',
      'Leave the flag out, and use `holdfast build -o DIR` where the files themselves are wanted.',
    ),
  },
  force: { value: false, fate: accepted(apart) },
  'kaniko-dir': { value: true, fate: accepted(apart) },
  'ignore-path': { value: true, fate: accepted(apart) },
  'ignore-var-run': { value: true, fate: accepted(apart) },
  'whitelist-var-run': { value: true, fate: accepted(apart) },
  'cache-ttl': { value: true, fate: accepted('what a step gave is found by what it depends on, not by age') },
  'cache-copy-layers': { value: false, fate: accepted(always) },
  'cache-run-layers': { value: false, fate: accepted(always) },
  'compressed-caching': { value: false, fate: accepted('layers are compressed as they are read') },
  'skip-unused-stages': { value: false, fate: accepted(always) },
  'skip-push-permission-check': { value: false, fate: accepted('nothing is checked before the build') },
  'force-build-metadata': { value: false, fate: accepted(always) },
  'log-timestamp': { value: false, fate: accepted('lines bear no time') },
  'log-format': { value: true, fate: accepted('lines are plain text in a pipe') },
  'image-fs-extract-retry': { value: true, fate: accepted('downloads are retried as they need it') },
  'image-download-retry': { value: true, fate: accepted('downloads are retried as they need it') },
  'push-retry': { value: true, fate: accepted('pushes are retried as they need it') },
  compression: {
    value: true,
    fate: refused(
      'layers are compressed by one recipe',
      'Leave the flag out: gzip, the same bytes each time.',
    ),
  },
  'compression-level': {
    value: true,
    fate: refused(
      'layers are compressed by one recipe',
      'Leave the flag out: gzip, the same bytes each time.',
    ),
  },
  'insecure-pull': {
    value: false,
    fate: refused(
      'plain HTTP is spoken to registries that are named',
      'Name those that speak nothing else with --insecure-registry.',
    ),
  },
  'skip-tls-verify': { value: false, fate: unverified },
  'skip-tls-verify-pull': { value: false, fate: unverified },
  'skip-tls-verify-registry': { value: true, fate: unverified },
  'registry-client-cert': {
    value: true,
    fate: refused(
      'certificates of clients are not given by flag',
      'Put it into certs.d as Docker has it: docs/sharing.md.',
    ),
  },
  'push-ignore-immutable-tag-errors': {
    value: false,
    fate: refused('a tag that cannot be pushed is an error', 'Push under a new tag.'),
  },
  'credential-helpers': {
    value: true,
    fate: accepted('helpers are those that Docker’s config.json names'),
  },
  'azure-container-registry-config': {
    value: true,
    fate: accepted('credentials are those of Docker’s config.json'),
  },
  'image-format': {
    value: true,
    fate: refused(
      'images are written in OCI’s format',
      'Leave the flag out; `holdfast copy --format v2s2` makes the other one of an image.',
    ),
  },
  dryrun: {
    value: false,
    fate: refused('nothing is planned without being built', 'Use `holdfast check`, or add --no-push.'),
  },
  bucket: {
    value: true,
    letter: 'b',
    fate: refused(
      'there is no client for buckets here',
      'Fetch the context in a step before, and name it with --context.',
    ),
  },
  git: { value: true, fate: accepted('of a repository the commit alone is fetched, with its submodules') },
};
