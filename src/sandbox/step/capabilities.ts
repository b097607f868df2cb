/**
 * The capabilities that Docker gives a container by default (moby, oci/caps/defaults.go): a80425fb as the kernel
 * prints them. As bounding set they are the most that anything in a step can have. Numbers: capabilities(7).
 */
const dockerDefaults = {
  chown: 0,
  dac_override: 1,
  fowner: 3,
  fsetid: 4,
  kill: 5,
  setgid: 6,
  setuid: 7,
  setpcap: 8,
  net_bind_service: 10,
  net_raw: 13,
  sys_chroot: 18,
  mknod: 27,
  audit_write: 29,
  setfcap: 31,
} as const;

/** Numbers of the capabilities that a step may have. An insecure one keeps all that this process may have. */
export function keptCapabilities(security: 'insecure' | undefined): string {
  return security === 'insecure' ? 'all' : Object.values(dockerDefaults).join(',');
}
