import { Option, type Command } from 'commander';
import { hostPlatform, parsePlatform, usageError } from '../core/index.ts';
import { manifestFormats, type ManifestFormat, type Selection } from '../registry/index.ts';
import { progressModes, type ProgressMode } from '../report/index.ts';
import { collect } from './collect.ts';
import {
  addRegistryOptions,
  addSharedRegistryOptions,
  booleanOption,
  countOption,
} from './registry-options.ts';

/** What `copy` and `sync` are told of how to copy; names are skopeo's where it has them. */
export interface CopyingOptions {
  readonly all?: boolean;
  readonly multiArch?: 'system' | 'all' | 'index-only';
  readonly platform?: readonly string[];
  readonly format?: ManifestFormat;
  readonly preserveDigests?: boolean;
  /** `false` after `--no-referrers`. */
  readonly referrers?: boolean;
  readonly removeSignatures?: boolean;
  readonly imageParallelCopies?: number;
  readonly quiet?: boolean;
  readonly progress: ProgressMode;
  readonly json?: boolean;
}

export function addCopyingOptions(command: Command): Command {
  command
    .option('-a, --all', 'every platform of an index; so it is without it')
    .addOption(
      new Option(
        '--multi-arch <what>',
        'what of an index: every platform, this machine’s, or the index alone',
      )
        .choices(['system', 'all', 'index-only'])
        .default('all'),
    )
    .option(
      '--platform <os/arch>',
      'of an index this platform’s image; given several times, a new index of these',
      collect,
    )
    .addOption(
      new Option(
        '-f, --format <type>',
        'write manifests of this type, which have other digests; default as they are',
      ).choices(manifestFormats),
    )
    .option('--preserve-digests [bool]', 'refuse what would change a digest; default true', booleanOption)
    .option('--no-preserve-digests', 'let the destination give the image another digest')
    .option('--no-referrers', 'leave signatures and other referrers behind')
    .option('--remove-signatures', 'the same, as skopeo calls it')
    .option('--image-parallel-copies <n>', 'blobs under way at once; default 6', countOption)
    .option('-q, --quiet', 'no progress')
    .addOption(
      new Option('--progress <mode>', 'how progress is shown on stderr')
        .choices(progressModes)
        .default('auto'),
    )
    .option('--json', 'the result as JSON on stdout');
  addRegistryOptions(command, 'src-');
  addRegistryOptions(command, 'dest-');
  return addSharedRegistryOptions(command);
}

/** @throws HoldfastError COPY_OPTIONS, PLATFORM_INVALID (exit 2) */
export function selectionFrom({ platform = [], multiArch, all }: CopyingOptions): Selection {
  const platforms = platform.flatMap(text => text.split(',')).map(parsePlatform);
  if (platforms.length > 0) {
    if (all === true || multiArch !== 'all') throw contradiction('--platform', '--all and --multi-arch');
    return { kind: 'platforms', platforms };
  }
  if (all === true && multiArch !== 'all') throw contradiction('--all', `--multi-arch ${multiArch}`);
  switch (multiArch) {
    case 'system':
      return { kind: 'platforms', platforms: [hostPlatform()] };
    case 'index-only':
      return { kind: 'index-only' };
    case 'all':
    case undefined:
      return { kind: 'all' };
  }
}

/** The format to convert to. @throws HoldfastError COPY_OPTIONS (exit 2) where digests are to be kept, too */
export function formatFrom({ format, preserveDigests }: CopyingOptions): ManifestFormat | undefined {
  if (format !== undefined && preserveDigests === true) throw contradiction('--format', '--preserve-digests');
  return format;
}

function contradiction(one: string, other: string) {
  return usageError('COPY_OPTIONS', `${one} contradicts ${other}`, { next: 'Give one of them.' });
}
