import type { Rule } from '../rule.ts';
import { addChecksum } from './add-checksum.ts';
import { aptVersion } from './apt-version.ts';
import { cacheMount } from './cache-mount.ts';
import { signatureOff, tlsOff } from './checks-off.ts';
import { downloadChecksum } from './download-checksum.ts';
import { downloadRun } from './download-run.ts';
import { gitCommit } from './git-commit.ts';
import { imageDigest } from './image-digest.ts';
import { imageDigestAlone } from './image-digest-alone.ts';
import { imageSyntax } from './image-syntax.ts';
import { imageTag } from './image-tag.ts';
import { imageUnknown } from './image-unknown.ts';
import { localScript } from './local-script.ts';
import {
  apkVersion,
  cargoVersion,
  composerVersion,
  condaVersion,
  cpanVersion,
  cranVersion,
  gemVersion,
  goVersion,
  npmVersion,
  nugetVersion,
  otherVersion,
  pipVersion,
  rpmVersion,
} from './packages.ts';
import { plainHttp } from './plain-http.ts';
import { platformConstant, platformRedundant } from './platform.ts';
import { repositoryAdded } from './repository-added.ts';
import { repositoryKey } from './repository-key.ts';
import { lockAbsent, lockEnforced, pipHashes } from './restores.ts';
import { secretUrl, secretVariable } from './secrets.ts';
import { systemUpgrade } from './system-upgrade.ts';
import { timeAndRandomness } from './time-and-randomness.ts';
import { urlMoves } from './url-moves.ts';
import { userRoot } from './user-root.ts';

/** All rules, in the order in which findings of one severity are shown: what changes a build most comes first. */
export const rules: readonly Rule[] = [
  imageTag,
  downloadRun,
  secretVariable,
  secretUrl,
  tlsOff,
  signatureOff,
  imageDigest,
  urlMoves,
  downloadChecksum,
  addChecksum,
  gitCommit,
  systemUpgrade,
  aptVersion,
  apkVersion,
  rpmVersion,
  pipVersion,
  pipHashes,
  npmVersion,
  lockEnforced,
  gemVersion,
  goVersion,
  cargoVersion,
  composerVersion,
  condaVersion,
  nugetVersion,
  cpanVersion,
  cranVersion,
  otherVersion,
  repositoryKey,
  plainHttp,
  userRoot,
  timeAndRandomness,
  platformConstant,
  imageUnknown,
  imageDigestAlone,
  imageSyntax,
  platformRedundant,
  lockAbsent,
  repositoryAdded,
  cacheMount,
  localScript,
];

const byId = new Map(rules.map(rule => [rule.id, rule]));

export function ruleOf(id: string): Rule | undefined {
  return byId.get(id);
}
