import type { SourcePlace } from '../core/index.ts';
import { readBuild, type ComposeBuild } from './build.ts';
import { readEnvironment } from './environment.ts';
import type { Lookup } from './interpolate.ts';
import { isNull, type ComposeNode } from './node.ts';
import { invalid, placeOf, refuseUnknownKeys } from './problems.ts';
import { readRun, type ComposeRun } from './run.ts';
import { textOf, textsOf, type ComposeText } from './values.ts';

/** A service as far as its image goes. */
export interface ComposeService {
  readonly name: string;
  readonly where: SourcePlace;
  /** With `build`, the name of what is built. */
  readonly image?: ComposeText | undefined;
  readonly build?: ComposeBuild | undefined;
  readonly platform?: ComposeText | undefined;
  readonly profiles: readonly string[];
  /** What its containers get; the files are read when it is asked for, since no build needs them. */
  readonly environment: () => ReadonlyMap<string, string>;
  /** How its containers are started; read when it is asked for, since no build needs it. */
  readonly run: () => ComposeRun;
}

/** Keys of a service that the Compose specification has. */
const known =
  `annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name
  cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec
  depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file
  environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation
  label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models
  network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_start pre_stop
  privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets security_opt
  shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user
  userns_mode uts volumes volumes_from working_dir`.split(/\s+/);

/** @throws HoldfastError COMPOSE_INVALID, COMPOSE_UNKNOWN_KEY (exit 2) */
export function readService(name: string, node: ComposeNode, lookup: Lookup): ComposeService {
  const what = `services.${name}`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    throw invalid(what, 'is no name of a service', node, 'Use letters, digits, dots, - and _.');
  if (node.kind !== 'map') throw invalid(what, isNull(node) ? 'says nothing' : 'is a mapping', node);
  refuseUnknownKeys(node, known, what);
  const build = readBuild(node, what, lookup);
  const image = textOf(node, 'image', what);
  if (build === undefined && image === undefined && !node.entries.has('provider'))
    throw invalid(what, 'has neither an image nor a build', node, 'Give it image: or build:.');
  return {
    name,
    where: placeOf(node),
    image,
    build,
    platform: textOf(node, 'platform', what),
    profiles: textsOf(node, 'profiles', what),
    environment: () => readEnvironment(node, what, lookup),
    run: () => readRun(node, what),
  };
}
