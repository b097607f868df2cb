/** Why a file differs between two builds of the same inputs, as far as its name and bytes tell. */
export type LikelyCause =
  | 'log'
  | 'cache'
  | 'key material'
  | 'machine id'
  | 'database'
  | 'memory dump'
  | 'clock'
  | 'random'
  | 'order'
  | 'host name'
  | 'temporary path'
  | 'unknown';

/** What each cause means, and what is to be done where the step shall give the same file each time. */
export const causesExplained: Readonly<Record<LikelyCause, string>> = {
  log: 'it says when what was done; remove it at the end of the step',
  cache: 'programs make it again when they need it; remove it at the end of the step',
  'key material':
    'it is random, and whoever has the image has it; remove it, and make it when a container starts',
  'machine id': 'it must differ between machines; remove it, and have it made when a container starts',
  database: 'it holds times and ids of its own making; remove it, and set it up when a container starts',
  'memory dump':
    'the state of a running program, with times and random orders; make it when a container starts',
  clock: 'it holds the time of the build; have it made of SOURCE_DATE_EPOCH',
  random: 'it holds what is random; have it made of something that stays',
  order: 'the same pieces in another order, as a file system or parallel work gives them; sort them',
  'host name': 'it holds the name of the machine; set it when a container starts',
  'temporary path': 'it names a temporary directory; give that a fixed name',
  unknown: 'neither its name nor its bytes tell',
};

const byPath: readonly (readonly [RegExp, LikelyCause])[] = [
  // What is signed by a key that was made beside it (tripwire's settings) is as random as that.
  [
    /(?:^|\/)(?:ssh_host_[a-z0-9]+_key(?:\.pub)?|[^/]*snakeoil[^/]*|cacerts|\.erlang\.cookie|rsakeys\.ini|certs\/dh|varnish\/secret|tripwire\/tw\.(?:cfg|pol)|[^/]+\.(?:jks|p12|pfx|key|keystore))$/,
    'key material',
  ],
  // Passwords that Debian's packages make up for their databases; ucf keeps copies, with ":" for each slash.
  [
    /(?:^|[/:])(?:dbconfig-common[/:][^/:]+\.conf|(?:config|debian)-db\.php|blowfish_secret\.inc\.php|cacti[/:]debian\.php|roundcube[/:]config\.inc\.php)$/,
    'key material',
  ],
  [
    /(?:^|\/)(?:machine-id|random-seed|product_uuid|initiatorname\.iscsi|nvme\/host(?:id|nqn)|popularity-contest(?:\.conf)?)$/,
    'machine id',
  ],
  [/(?:^|\/)var\/log\/|(?:^|\/)_logs\/|\.log(?:\.\d+)?$/, 'log'],
  [/(?:^|\/)var\/cache\/|(?:^|\/)\.cache\/|(?:^|\/)_cacache\/|\.cache(?:-\d+)?$/, 'cache'],
  [
    /(?:^|\/)(?:pg_control|pg_wal\/.*|pgstat\.stat|rkhunter\.dat|ibdata\d+|sasldb2|[^/]+\.(?:sqlite3?|db|mdb|ibd|gdbm))$|(?:^|\/)var\/lib\/(?:mysql|postgresql|ldap)\/|(?:^|\/)slapd\.d\//,
    'database',
  ],
  // Of TeX and Metafont.
  [/\/web2c\/.+\.(?:fmt|base|mem)$/, 'memory dump'],
  [/(?:^|\/)etc\/(?:hostname|hosts|mailname|postfix\/main\.cf)$/, 'host name'],
];

/** Checksums of other files look random, and are not: they differ because those do. */
const sums = /\.md5sums$|\.dist-info\/RECORD$|(?:^|\/)(?:MD5|SHA\d+|B2)SUMS$/;

const privateKey = Buffer.from('PRIVATE KEY-----');
const largestComparison = 4 * 1024 * 1024;

/**
 * A first guess for a finding: what kind of volatile thing `path` is, else how the contents of the two builds differ.
 * Without contents the name alone speaks.
 */
export function likelyCause(path: string, a?: Buffer, b?: Buffer): LikelyCause {
  if (a?.includes(privateKey) === true || b?.includes(privateKey) === true) return 'key material';
  const known = byPath.find(([pattern]) => pattern.test(path))?.[1];
  if (known !== undefined) return known;
  if (sums.test(path)) return 'unknown';
  if (a === undefined || b === undefined || a.equals(b)) return 'unknown';
  const [left, right] = [a.subarray(0, largestComparison), b.subarray(0, largestComparison)];
  return isText(left) && isText(right)
    ? causeInText(left.toString(), right.toString())
    : causeInBytes(left, right);
}

function isText(bytes: Buffer): boolean {
  return !bytes.includes(0) && !bytes.toString('utf8').includes('\ufffd');
}

/** The first kind of thing that, once masked, leaves the two texts equal. */
const masks: readonly (readonly [LikelyCause, RegExp])[] = [
  ['temporary path', /\/(?:tmp|var\/tmp)\/[\w.-]+/g],
  [
    'clock',
    // Dates and times as ISO 8601, ASN.1, RFC 5322, ctime and `date` write them, and unix seconds up to nanoseconds.
    /\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d|[A-Z]{3,4})\b)?)?|\b20\d{12}(?:\.\d+)?Z|\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +)?(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* +\d{1,2}|\d{1,2} +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*)(?:,? +\d{4})?(?: +\d\d:\d\d:\d\d(?:\.\d+)?)?(?: +[A-Z]{3,4})?(?: +\d{4})?|\b\d\d:\d\d:\d\d(?:\.\d+)?|\b1\d{9}(?:\.?\d{3,9})?\b/g,
  ],
  [
    'random',
    /\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b|\b[0-9a-fA-F]{16,}\b|[A-Za-z0-9+/_-]{20,}={0,2}/g,
  ],
];

function causeInText(a: string, b: string): LikelyCause {
  if (sortedLines(a) === sortedLines(b)) return 'order';
  const found = masks.find(([, pattern]) => a.replace(pattern, '…') === b.replace(pattern, '…'));
  if (found !== undefined) return found[0];
  // Several kinds at once: the clock is nearly always one of them.
  const all = (text: string) => masks.reduce((rest, [, pattern]) => rest.replace(pattern, '…'), text);
  if (all(a) === all(b)) return 'clock';
  return sortedLines(all(a)) === sortedLines(all(b)) ? 'order' : 'unknown';
}

function sortedLines(text: string): string {
  return text.split('\n').toSorted().join('\n');
}

/** 2001 to 2039. */
const [earliest, latest] = [978_307_200, 2_208_988_800];
const gzipMagic = 0x8b1f;

function causeInBytes(a: Buffer, b: Buffer): LikelyCause {
  if (a.length !== b.length) return 'unknown';
  const places = differences(a, b);
  if (a.length >= 10 && a.readUInt16LE(0) === gzipMagic && places.every(at => at >= 4 && at < 8))
    return 'clock';
  // Among random bytes something always reads as a time: only a few may differ.
  if (
    places.length > 0 &&
    places.length <= a.length / 4 &&
    places.every(at => isTimeAt(a, at) && isTimeAt(b, at))
  )
    return 'clock';
  const bytes = (text: Buffer) => Buffer.from(text).toSorted();
  if (Buffer.compare(bytes(a), bytes(b)) === 0) return 'order';
  // Without pattern, nearly all bytes of what is random differ.
  return places.length > a.length / 2 ? 'random' : 'unknown';
}

function differences(a: Buffer, b: Buffer): number[] {
  const places: number[] = [];
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) places.push(at);
  return places;
}

/** Whether some 32-bit number, of either byte order, that covers the place reads as a time. */
function isTimeAt(bytes: Buffer, place: number): boolean {
  for (let at = Math.max(0, place - 3); at <= place && at + 4 <= bytes.length; at++) {
    const [little, big] = [bytes.readUInt32LE(at), bytes.readUInt32BE(at)];
    if ((little > earliest && little < latest) || (big > earliest && big < latest)) return true;
  }
  return false;
}
