// How commands name exactly what a lock holds, apart from the kinds' index for the reason that requests/ is.
import { apkExact } from '../apk/pin.ts';
import { aptExact } from '../apt/pin.ts';
import { cargoExact } from '../cargo/pin.ts';
import { composerExact } from '../composer/pin.ts';
import { cpanExact } from '../cpan/pin.ts';
import { gemExact } from '../gem/pin.ts';
import { goExact } from '../go/pin.ts';
import { npmExact } from '../npm/pin.ts';
import { pypiExact } from '../pypi/pin.ts';
import type { Ecosystem } from '../requests/index.ts';
import type { ExactForm } from '../requests/exact-form.ts';
import { rpmExact } from '../rpm/pin.ts';

export { datedArchive, datedSourcesCommands, isDatedArchive, type ReadArchive } from '../apt/pin.ts';
export {
  constraints,
  hashedRequirements,
  isPlainRequirement,
  pipInstall,
  type PipInstall,
  type PypiFile,
} from '../pypi/pin.ts';
export type { ExactForm, NamedPackage } from '../requests/exact-form.ts';

/** The ecosystems whose packages the lock knows by name and version. */
export const exactForms = {
  apt: aptExact,
  apk: apkExact,
  rpm: rpmExact,
  pypi: pypiExact,
  npm: npmExact,
  gem: gemExact,
  go: goExact,
  cargo: cargoExact,
  composer: composerExact,
  cpan: cpanExact,
} as const satisfies Partial<Record<Ecosystem, ExactForm>>;
