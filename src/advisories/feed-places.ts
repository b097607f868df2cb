import { namedIn, type Subject } from './subject.ts';

/** Where feeds are, by their sort: paths or URLs. A sort that is left out is taken from its public place. */
export interface FeedPlaces {
  /** Records of the OSV schema: a directory, a `.json`, an `all.zip`; Ubuntu's own feed too. */
  readonly osv?: readonly string[] | undefined;
  /** The Debian security tracker's JSON. */
  readonly debian?: readonly string[] | undefined;
  /** Repositories of Alpine's secdb. */
  readonly alpine?: readonly string[] | undefined;
  /** npm registries that answer what `npm audit` asks. */
  readonly npm?: readonly string[] | undefined;
  /** OpenVEX and CycloneDX documents. */
  readonly vex?: readonly string[] | undefined;
}

const osvBucket = 'https://osv-vulnerabilities.storage.googleapis.com';
const debianTracker = 'https://security-tracker.debian.org/tracker/data/json';
const alpineSecdb = 'https://secdb.alpinelinux.org';

/**
 * The places for some packages, the public ones filled in where nothing is said.
 * @param npmRegistries where the packages of kind npm came from
 */
export function placesFor(
  places: FeedPlaces,
  subjects: readonly Subject[],
  npmRegistries: readonly string[],
): Required<{ [Sort in keyof FeedPlaces]: readonly string[] }> {
  const ecosystems = new Set(subjects.flatMap(subject => namedIn(subject)?.ecosystem ?? []));
  const families = new Set([...ecosystems].map(ecosystem => ecosystem.split(':')[0] ?? ''));
  const alpine = [...ecosystems].flatMap(ecosystem => /^Alpine:(v[\d.]+)$/.exec(ecosystem)?.[1] ?? []);
  return {
    osv: places.osv ?? [...families].filter(isTakenFromOsv).toSorted().map(osvPlace),
    debian: places.debian ?? (families.has('Debian') ? [debianTracker] : []),
    alpine:
      places.alpine ??
      alpine.flatMap(release => ['main', 'community'].map(name => `${alpineSecdb}/${release}/${name}.json`)),
    npm: places.npm ?? (families.has('npm') ? npmRegistries : []),
    vex: places.vex ?? [],
  };
}

/** npm's registry answers for itself, and OSV's file for it is the largest of all. */
const isTakenFromOsv = (family: string) => family !== 'npm' && family !== 'Alpine';

function osvPlace(family: string): string {
  return `${osvBucket}/${encodeURIComponent(family)}/all.zip`;
}
