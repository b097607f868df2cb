import { posix } from 'node:path';
import type { StepFile } from '../kind.ts';
import { gpgvAsOf } from './gpgv.ts';

/** What a step's own apt must be told. Nothing of this is in the image: the files are laid under the step. */
export interface AptClientOptions {
  /** Absolute path inside of the step for the file; it must be readable by the user `_apt`. */
  readonly configPath: string;
  /** Path inside of the step of a file with the system's roots and the gateway's own. */
  readonly caBundlePath: string;
  /**
   * True where every index that the step is given is one that the lock names by digest. Only then are apt's own
   * checks of dates lifted; signatures are checked always.
   */
  readonly replaying: boolean;
  /** True where the lock vouches for all that the step is given. */
  readonly locked: boolean;
  /** The date as of which new indexes are answered, and their keys count; nothing where that is now. */
  readonly asOf?: Date | undefined;
  readonly onlyRoot: boolean;
  /** The value of APT_CONFIG in the step's own environment, if the image sets one. */
  readonly imageAptConfig?: string | undefined;
}

export interface AptClientSettings {
  readonly files: readonly StepFile[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The configuration as one file, named by APT_CONFIG, and what it names beside it: apt reads that before `/etc/apt`, so
 * that what an image configures for itself still holds, and nothing appears in `/etc/apt` that a step could copy or delete.
 */
export function aptClientSettings(options: AptClientOptions): AptClientSettings {
  const { configPath, caBundlePath, replaying, locked, asOf, onlyRoot, imageAptConfig } = options;
  const files: StepFile[] = [];
  const settings: (readonly [reason: string, name: string, value: string])[] = [
    [
      'apt-get update ends with 0 when an index fails, and goes on with older data.',
      'APT::Update::Error-Mode',
      'any',
    ],
    [
      'Pipelined requests through a proxy are fragile, and save nothing from a server on this machine.',
      'Acquire::http::Pipeline-Depth',
      '0',
    ],
    [
      'The whole index is what the lock names; a chain of patches leads to the same bytes by other requests.',
      'Acquire::PDiffs',
      'false',
    ],
    [
      'The gateway answers https with a certificate of its own for this one build.',
      'Acquire::https::CaInfo',
      caBundlePath,
    ],
    replaying
      ? ['What the lock lacks is refused, and stays refused when asked again.', 'Acquire::Retries', '0']
      : [
          'The gateway retries what upstream refuses; a transfer that breaks off is for apt to resume.',
          'Acquire::Retries',
          '3',
        ],
  ];
  if (replaying) {
    settings.push(
      [
        'The lock names this index by digest: that it is old is what is wanted.',
        'Acquire::Check-Valid-Until',
        'false',
      ],
      ['The clock of the build may stand before the lock’s date.', 'Acquire::Check-Date', 'false'],
    );
  }
  if (locked || (replaying && asOf !== undefined)) {
    const gpgv = gpgvAsOf(posix.join(posix.dirname(configPath), 'gpgv'), locked ? undefined : asOf);
    files.push(gpgv);
    settings.push([
      'That a key has expired since the lock’s date does not matter to what was signed before.',
      'APT::Key::GPGVCommand',
      gpgv.path,
    ]);
  }
  if (onlyRoot)
    settings.push([
      'There is one user; apt would find that it cannot become the one that it downloads as.',
      'APT::Sandbox::User',
      'root',
    ]);
  const lines = settings.map(([reason, name, value]) => `// ${reason}\n${name} ${quoted(value)};\n`);
  if (imageAptConfig !== undefined && imageAptConfig !== '')
    lines.push(`// The image’s own APT_CONFIG.\n#include ${quoted(imageAptConfig)};\n`);
  return {
    files: [{ path: configPath, content: lines.join('') }, ...files],
    env: { APT_CONFIG: configPath },
  };
}

function quoted(value: string): string {
  if (/["\n\\]/.test(value)) throw new TypeError(`not a value for apt’s configuration: ${value}`);
  return `"${value}"`;
}
