/** A package in an index or among those installed: apk-index(5), apk-db. Fields have one letter; case matters. */
export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture: string | undefined;
  /** Bytes of the package's file. */
  readonly size: number | undefined;
  /** What it was built from. */
  readonly origin: string | undefined;
  /** Made by `apk add --virtual`: it came from nowhere. */
  readonly virtual: boolean;
}

/** The records of a text, those without a name or a version passed over. */
export function* packageRecords(text: string): Generator<PackageRecord> {
  for (const block of blocks(text)) {
    const field = (letter: string) => new RegExp(`^${letter}:(.*)$`, 'm').exec(block)?.[1]?.trim();
    const [name, version] = [field('P'), field('V')];
    if (name === undefined || version === undefined || name === '' || version === '') continue;
    const size = field('S');
    yield {
      name,
      version,
      architecture: field('A') || undefined,
      size: size !== undefined && /^\d{1,15}$/.test(size) ? Number(size) : undefined,
      origin: field('o') || undefined,
      virtual: name.startsWith('.') || field('T') === 'virtual meta package',
    };
  }
}

function* blocks(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n\n', start);
    yield text.slice(start, end < 0 ? undefined : end);
    if (end < 0) return;
    start = end + 2;
  }
}
