/**
 * The capabilities that Docker gives a container by default (moby, oci/caps/defaults.go): a80425fb as the kernel
 * prints them. As bounding set they are the most that anything in a step can have.
 */
const dockerDefaults = [
  'chown',
  'dac_override',
  'fsetid',
  'fowner',
  'mknod',
  'net_raw',
  'setgid',
  'setuid',
  'setfcap',
  'setpcap',
  'net_bind_service',
  'sys_chroot',
  'kill',
  'audit_write',
];

/** Options of setpriv(1). An insecure step keeps all that this process may have. */
export function capabilityOptions(security: 'insecure' | undefined): string[] {
  const bounding = dockerDefaults.map(name => `+${name}`).join(',');
  return [
    '--inh-caps=-all',
    '--ambient-caps=-all',
    ...(security === 'insecure' ? [] : [`--bounding-set=-all,${bounding}`]),
  ];
}
