/**
 * The program between this one and a step's command: two processes that never execute another of the host's programs, but
 * for ip(8).
 *
 * The first makes the namespaces, sees them with the host's root, and waits. The second is the first process of the new
 * PID namespace: it does what it is told, and at last leaves the host's root and becomes the parent of the command. Its
 * root is the step's by then, and as it keeps capabilities that a step never has, the step cannot look through /proc/1.
 *
 * Arguments: flags of unshare(2), and whether files 0 to 2 are a terminal.
 */
export const setupProgram = String.raw`
  my ($namespaces, $terminal) = map { $_ + 0 } @ARGV;
  my ($last_pid, $network, @streams);
  $0 = 'holdfast';
  umask(022);
  end_with_parent();
  if ($terminal) {
    $SIG{$_} = 'IGNORE' for qw(INT QUIT HUP TSTP TTIN TTOU);
    ioctl(STDIN, 0x5422, 0); # TIOCNOTTY: the command's session gets the terminal.
  }
  call('new namespaces', 'unshare', $namespaces);
  call('private mounts', 'mount', 'none', '/', 'none', 0x44000, 0); # MS_REC, MS_PRIVATE

  sub started { my $pid = fork(); defined($pid) or die "fork: $!\n"; return $pid }
  sub exit_code { my $status = shift; return $status & 127 ? 128 + ($status & 127) : $status >> 8 }
  sub end_as { my $child = shift; waitpid(-1, 0) == $child and exit(exit_code($?)) while 1 }

  if (my $first = started()) {
    close($_) for $in, $out, $complaints;
    end_as($first);
  }
  end_with_parent();

  $operations{pid} = sub { syswrite($out, readlink('/proc/self') . "\n") };
  $operations{pipe} = sub { call("pipe $_[0]", 'mknodat', -100, $_[0], 0010600, 0) };
  # A copy of a node, so that a step run by real root cannot change the mode or owner of the host's.
  $operations{device} = sub {
    my ($path, $like) = @_;
    my ($mode, $device) = (stat($like))[2, 6] or die "$like: $!\n";
    call("node $path", 'mknodat', -100, $path, $mode, $device);
  };
  # Where /proc/sys is read-only there is no harm.
  $operations{setting} = sub {
    open(my $file, '>', $_[0]) or return;
    syswrite($file, $_[1]);
  };
  $operations{host_name} = sub { call('host name', 'sethostname', $_[0], length($_[0])) };

  # Both ends of the step's cable, beside what else is done: the gateway's first, which makes it.
  sub ip {
    my ($ip, $commands) = @_;
    open(my $batch, '|-', $ip, '-batch', '-') or die "$ip: $!\n";
    print $batch $commands;
    close($batch) or exit(1);
  }
  $operations{network} = sub {
    my ($ip, $gateway, $gateway_side, $step_side) = @_;
    return if $network = started();
    open(STDERR, '>&', $complaints);
    if ($gateway ne '') {
      open(my $own, '<', '/proc/self/ns/net') && open(my $other, '<', $gateway) or die "network namespace: $!\n";
      call('the gateway’s network', 'setns', fileno($other), 0x40000000);
      ip($ip, $gateway_side);
      call('the step’s network', 'setns', fileno($own), 0x40000000);
    }
    ip($ip, $step_side);
    exit(0);
  };
  $operations{networked} = sub { waitpid($network, 0); $? == 0 or exit(125) };

  $operations{streams} = sub {
    open($streams[0], '<', $_[0]) && open($streams[1], '>', $_[1]) && open($streams[2], '>', $_[2])
      or die "streams: $!\n";
  };
  # The host's root must be gone from the mount namespace, not only out of sight: with a /proc or /sys of the host
  # anywhere in it, the kernel would let a user namespace inside the step mount a writable one.
  $operations{enter} = sub {
    open($last_pid, '>', '/proc/sys/kernel/ns_last_pid');
    chdir($_[0]) or die "$_[0]: $!\n";
    call('step root', 'pivot_root', '.', '.');
    call('host root', 'umount2', '.', 2); # MNT_DETACH: it lies on top of the new one.
    chdir('/') or die "/: $!\n";
  };

  sub next_pid { my $pid = shift; sysseek($last_pid, 0, 0) && syswrite($last_pid, $pid - 1) if $last_pid }
  sub drop_capabilities {
    my %kept = map { $_ => 1 } split(/,/, shift);
    my ($header, $data) = (pack('L l', 0x20080522, 0), "\0" x 24);
    syscall($number{capget}, $header, $data) == 0 or die "capget: $!\n";
    my @sets = unpack('L6', $data);
    $data = pack('L6', @sets[0, 1], 0, @sets[3, 4], 0); # None is inheritable.
    call('capset', 'capset', $header, $data);
    syscall($number{prctl}, 47, 4, 0, 0, 0); # PR_CAP_AMBIENT_CLEAR_ALL
    return if $kept{all};
    for my $capability (0 .. 63) {
      last if syscall($number{prctl}, 23, $capability, 0, 0, 0) < 0; # PR_CAPBSET_READ
      call('bounding set', 'prctl', 24, $capability, 0, 0, 0) unless $kept{$capability};
    }
  }
  $operations{run} = sub {
    my ($directory, $uid, $gid, $groups, $capabilities, $filter, $variables, @rest) = @_;
    my @environment = splice(@rest, 0, $variables);
    # The command's process id is 100 everywhere, and its first child's 103: temporary names are made of them.
    next_pid(100);
    if (my $command = started()) {
      close($_) for @streams;
      syswrite($out, "running\n");
      end_as($command);
    }
    if ($terminal) {
      $SIG{$_} = 'DEFAULT' for qw(INT QUIT HUP TSTP TTIN TTOU);
      call('session', 'setsid');
      ioctl(STDIN, 0x540e, 0); # TIOCSCTTY
    } else {
      open(STDIN, '<&', $streams[0]) && open(STDOUT, '>&', $streams[1]) && open(STDERR, '>&', $streams[2])
        or die "streams: $!\n";
    }
    $SIG{__DIE__} = sub { print STDERR "holdfast: cannot start the command: $_[0]"; exit(125) };
    next_pid(103);
    close($_) for $in, $out, $complaints, @streams, $last_pid ? $last_pid : ();
    chdir($directory) or die "$directory: $!\n";
    # Without address space randomisation, programs that print or sort by addresses do so alike every time.
    call('personality', 'personality', 0x0040000);
    if ($filter ne '') {
      my $instructions = pack('H*', $filter);
      my $program = pack('S x!8 P', length($instructions) / 8, $instructions);
      # Without the flag kernels before 5.16 would slow the step down for having a filter (SPEC_ALLOW).
      call('seccomp', 'seccomp', 1, 4, $program);
    }
    my @groups = split(/,/, $groups);
    call('groups', 'setgroups', scalar(@groups), pack('L*', @groups));
    call('group', 'setresgid', ($gid + 0) x 3);
    drop_capabilities($capabilities);
    call('user', 'setresuid', ($uid + 0) x 3) if $uid != 0;
    %ENV = ();
    /^([^=]*)=(.*)$/s and $ENV{$1} = $2 for @environment;
    exec { $rest[0] } @rest;
    my $error = $! + 0;
    print STDERR "holdfast: cannot run \"$rest[0]\": $!\n";
    exit($error == 2 ? 127 : 126);
  };
  serve();
  exit(125); # Whoever gave orders is gone.`;
