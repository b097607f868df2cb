import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { firing } from './firing.js';
import { Score } from './score.js';

const own = {
  apt_get_install_pin_version_not_defined: ['apt-version'],
  gem_install_without_version: ['gem-version'],
  image_version_not_explicit: ['image-tag'],
  image_version_using_latest: ['image-tag'],
  last_user_is_root: ['user-root'],
  missing_user_instruction: ['user-root'],
  missing_version_specification_in_dnf_install: ['rpm-version'],
  npm_install_without_pinned_version: ['npm-version'],
  run_using_upgrade_commands: ['system-upgrade'],
  unpinned_package_version_in_apk_add: ['apk-version'],
  unpinned_package_version_in_pip_install: ['pip-version'],
  yum_install_without_version: ['rpm-version'],
  zypper_install_without_version: ['rpm-version'],
};

/** Each query's samples that shall be found, and those that shall not. */
export function kics(directory) {
  const total = new Score();
  const place = join(directory, 'assets/queries/dockerfile');
  for (const query of readdirSync(place)) {
    const ids = own[query];
    if (ids === undefined) continue;
    for (const name of readdirSync(join(place, query, 'test'))) {
      if (!/^(positive|negative)\d*\.dockerfile$/.test(name)) continue;
      const text = readFileSync(join(place, query, 'test', name), 'utf8');
      const found = firing(text).findings.some(({ rule }) => ids.includes(rule));
      total.add(name.startsWith('positive'), found, `${query}/${name} ${text}`);
    }
  }
  total.report('kics');
}
