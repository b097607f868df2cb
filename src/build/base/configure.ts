/** Where the packages lie while they are being configured, inside the new system. */
export const packageDirectory = '/var/cache/apt/archives';

/** A shell that is started with a file of its own in the new system, in which dpkg has not run yet. */
export const configurePath = '/run/holdfast/configure';

/**
 * Lets dpkg install what was only unpacked so far. base-passwd and base-files come first, since the scripts of all
 * others lean on users and directories; awk is an alternative that is not set up yet when the first scripts want it.
 */
export const configureScript = `#!/bin/sh
set -eu
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true LC_ALL=C.UTF-8
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates /var/lib/dpkg/alternatives /var/lib/dpkg/triggers
: > /var/lib/dpkg/status
: > /var/lib/dpkg/available
[ -e /usr/bin/awk ] || ln -s mawk /usr/bin/awk
cd ${packageDirectory}
dpkg --force-depends --install base-passwd_*.deb
dpkg --force-depends --install base-files_*.deb
xargs dpkg --force-depends --unpack < order
dpkg --configure --pending
cd /
rm -rf ${packageDirectory}/*.deb ${packageDirectory}/order
rm -f /var/log/dpkg.log /var/log/bootstrap.log /var/log/alternatives.log /var/lib/dpkg/*-old
rm -f /var/cache/debconf/*-old /var/cache/apt/*.bin /etc/machine-id
: > /etc/machine-id
`;

/** Settings that make a system fit for being an image, as files of it. */
export const imageSettings: readonly {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}[] = [
  {
    path: '/etc/apt/apt.conf.d/70holdfast-image',
    mode: 0o644,
    content: `// An image keeps no packages once they are installed, and no translations of their descriptions.
Binary::apt-get::APT::Keep-Downloaded-Packages "false";
APT::Keep-Downloaded-Packages "false";
Acquire::Languages "none";
`,
  },
  {
    path: '/etc/dpkg/dpkg.cfg.d/holdfast-image',
    mode: 0o644,
    content:
      '# A build that is cut off is thrown away whole, so nothing is gained by syncing each file.\nforce-unsafe-io\n',
  },
  {
    path: '/usr/sbin/policy-rc.d',
    mode: 0o755,
    content: '#!/bin/sh\n# No service is started while packages are installed in an image.\nexit 101\n',
  },
];
