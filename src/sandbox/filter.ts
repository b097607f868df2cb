/** linux/bpf_common.h, linux/filter.h: what an instruction does. */
export const load = 0x20;
export const and = 0x54;
export const jumpIfEqual = 0x15;
export const give = 0x06;
/** linux/seccomp.h: where `struct seccomp_data` has the number and the interface, and what a filter can decide. */
export const dataNumber = 0;
export const dataArch = 4;
export const allow = 0x7fff_0000;

/** Writes instructions of classic BPF as seccomp(2) takes them: `struct sock_filter` of linux/filter.h. */
export function instructions(littleEndian: boolean) {
  return (code: number, value: number, ifTrue = 0, ifFalse = 0): Buffer => {
    const bytes = Buffer.alloc(8);
    if (littleEndian) bytes.writeUInt16LE(code);
    else bytes.writeUInt16BE(code);
    bytes.writeUInt8(ifTrue, 2);
    bytes.writeUInt8(ifFalse, 3);
    if (littleEndian) bytes.writeUInt32LE(value, 4);
    else bytes.writeUInt32BE(value, 4);
    return bytes;
  };
}

/**
 * perl(1), of which every system has the base: there is no tool of util-linux that sets a filter and is old enough to be
 * everywhere. `struct sock_fprog` is a length and a pointer. The flag keeps kernels before 5.16 from slowing the step
 * down for having a filter (SECCOMP_FILTER_FLAG_SPEC_ALLOW).
 */
const program = `
  my ($number, $filter) = (shift() + 0, pack('H*', shift));
  my $fprog = pack('S x!8 P', length($filter) / 8, $filter);
  syscall($number, 1, 4, $fprog) == 0 or die "seccomp: $!\\n";
  exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n"`;

/**
 * A command line that starts what follows it with a filter in place. It needs CAP_SYS_ADMIN in its user namespace, and an
 * environment without PERL5OPT and the like.
 * @param seccomp the number of seccomp(2) on this machine.
 */
export function filterCommand(perl: string, seccomp: number, filter: Buffer): string[] {
  return [perl, '-e', program, String(seccomp), filter.toString('hex')];
}
