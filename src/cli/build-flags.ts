import { accepted, refused, type OtherFlags } from './fates.ts';

const limits = 'what steps may use is not limited; limit this program, and its steps are limited with it';
const oneWay = 'a step is always apart in its own namespaces: --isolation tells how';
const fresh = 'nothing of a step is left behind but its layer';
const once = 'it is always so';
const fromLock = 'what is built from is said by the lock, and images are verified by digest';
const outside = refused(
  'a step sees nothing of this machine, so that it does the same elsewhere',
  'Give it files with --build-context NAME=DIR and RUN --mount=type=bind,from=NAME, or with --secret.',
);
const rights = refused(
  'rights of steps are Docker’s defaults',
  'Write RUN --security=insecure in the Dockerfile, and allow it with --allow security.insecure.',
);
const platform = refused('a platform is named in one piece', 'Write --platform os/architecture[/variant].');
const perHost = refused(
  'registries are told of in one place for all commands',
  'Use Docker’s config.json and certs.d, and see docs/sharing.md.',
);
const ownImage = (next: string) => refused('it would make another image than the lock names', next);

/**
 * Options of `docker build`, `docker buildx build` and `buildah build` that `holdfast build` has no use for.
 * See docs/from-docker.md.
 */
export const otherBuildFlags: OtherFlags = {
  // docker build
  compress: { value: false, fate: accepted('the context is not sent anywhere') },
  rm: { value: false, fate: accepted(fresh) },
  'force-rm': { value: false, fate: accepted(fresh) },
  'disable-content-trust': { value: false, fate: accepted(fromLock) },
  'cgroup-parent': { value: true, fate: accepted(limits) },
  'cpu-period': { value: true, fate: accepted(limits) },
  'cpu-quota': { value: true, fate: accepted(limits) },
  'cpu-shares': { value: true, letter: 'c', fate: accepted(limits) },
  'cpuset-cpus': { value: true, fate: accepted(limits) },
  'cpuset-mems': { value: true, fate: accepted(limits) },
  memory: { value: true, letter: 'm', fate: accepted(limits) },
  'memory-swap': { value: true, fate: accepted(limits) },
  'security-opt': { value: true, fate: rights },
  squash: {
    value: false,
    fate: ownImage('Leave it out, and end the Dockerfile with FROM scratch and COPY --from=STAGE / /.'),
  },
  // docker buildx build
  builder: { value: true, fate: accepted('this program is the builder') },
  debug: { value: false, letter: 'D', fate: accepted('use --progress plain, and --shell-on-failure') },
  call: {
    value: true,
    fate: refused(
      'a build is all that is made of a Dockerfile here',
      'Use `holdfast check` for what is wrong with it, and leave --call out.',
    ),
  },
  check: {
    value: false,
    fate: refused('BuildKit’s own rules are not here', 'Use `holdfast check`, whose rules are about drift.'),
  },
  detach: { value: false, fate: accepted('the build ends when the command does') },
  ulimit: {
    value: true,
    fate: accepted('steps have the limits of this program: set them before it, with ulimit'),
  },
  resource: { value: true, fate: accepted(limits) },
  policy: {
    value: true,
    fate: refused('there is no reader of such policies here', 'Have `holdfast check` judge what is built.'),
  },
  // buildah build
  layers: { value: false, fate: accepted(once) },
  jobs: { value: true, fate: accepted('independent stages are always built side by side') },
  'skip-unused-stages': { value: false, fate: accepted(once) },
  'force-compression': { value: false, fate: accepted('layers are compressed by one recipe') },
  'disable-compression': { value: false, fate: accepted('layers are compressed by one recipe') },
  'identity-label': { value: false, fate: accepted('no label tells of the builder') },
  'http-proxy': { value: false, fate: accepted('the gateway uses the proxies of this machine') },
  'no-hosts': { value: false, fate: accepted('the hosts file of a step is in no layer') },
  'cache-ttl': { value: true, fate: accepted('what a step gave is found by what it depends on, not by age') },
  retry: { value: true, fate: accepted('downloads are retried as they need it') },
  'retry-delay': { value: true, fate: accepted('downloads are retried as they need it') },
  runtime: { value: true, fate: accepted(oneWay) },
  'runtime-flag': { value: true, fate: accepted(oneWay) },
  cgroupns: { value: true, fate: accepted(oneWay) },
  ipc: { value: true, fate: accepted(oneWay) },
  pid: { value: true, fate: accepted(oneWay) },
  uts: { value: true, fate: accepted(oneWay) },
  userns: { value: true, fate: accepted(oneWay) },
  'userns-uid-map': { value: true, fate: accepted(oneWay) },
  'userns-gid-map': { value: true, fate: accepted(oneWay) },
  'userns-uid-map-user': { value: true, fate: accepted(oneWay) },
  'userns-gid-map-group': { value: true, fate: accepted(oneWay) },
  dns: { value: true, fate: accepted('names are answered by the gateway') },
  'dns-option': { value: true, fate: accepted('names are answered by the gateway') },
  'dns-search': { value: true, fate: accepted('names are answered by the gateway') },
  'cap-add': { value: true, fate: rights },
  'cap-drop': { value: true, fate: rights },
  device: { value: true, fate: outside },
  volume: { value: true, letter: 'v', fate: outside },
  stdin: { value: false, fate: outside },
  'hooks-dir': { value: true, fate: outside },
  arch: { value: true, fate: platform },
  os: { value: true, fate: platform },
  variant: { value: true, fate: platform },
  'all-platforms': { value: false, fate: platform },
  authfile: { value: true, fate: perHost },
  'cert-dir': { value: true, fate: perHost },
  creds: { value: true, fate: perHost },
  'tls-verify': { value: false, fate: accepted('certificates are always verified') },
  'no-tls-verify': { value: false, fate: perHost },
  env: { value: true, fate: ownImage('Write ENV into the Dockerfile.') },
  unsetenv: { value: true, fate: ownImage('Write ENV NAME= into the Dockerfile.') },
  from: {
    value: true,
    fate: ownImage('Use --build-context NAME=docker-image://REFERENCE for what FROM names.'),
  },
  timestamp: { value: true, fate: ownImage('Use --build-arg SOURCE_DATE_EPOCH=SECONDS.') },
  'source-date-epoch': { value: true, fate: ownImage('Use --build-arg SOURCE_DATE_EPOCH=SECONDS.') },
  'rewrite-timestamp': { value: false, fate: accepted(once) },
  'omit-history': {
    value: false,
    fate: ownImage('Leave it out: the history tells of no clock and no host.'),
  },
  'os-feature': { value: true, fate: ownImage('Leave it out: it is for images of Windows.') },
  'os-version': { value: true, fate: ownImage('Leave it out: it is for images of Windows.') },
  format: {
    value: true,
    fate: refused(
      'images are written in OCI’s format',
      'Leave it out; `holdfast copy --format v2s2` makes the other one of an image.',
    ),
  },
  manifest: {
    value: true,
    fate: refused('an index is made in one build', 'Name all with --platform, and the index with -t.'),
  },
  ignorefile: {
    value: true,
    fate: refused('the file is found by its name', 'Call it <Dockerfile>.dockerignore or .dockerignore.'),
  },
  logfile: { value: true, fate: refused('there is no log file', 'Redirect standard error to it: 2>FILE.') },
  logsplit: { value: false, fate: refused('there is no log file', 'Build each platform by itself.') },
  'sign-by': { value: true, fate: refused('nothing is signed here', 'Sign what was pushed, by its digest.') },
  'decryption-key': { value: true, fate: refused('encrypted images are not read', 'Decrypt it before.') },
  'cpp-flag': { value: true, fate: refused('there is no preprocessor', 'Run cpp before.') },
};
