export { contextDigest } from './context-digest.ts';
export { directoryContextStep, remoteContextStep } from './context-step.ts';
export { parseGitReference } from './git-reference.ts';
export { copyInto } from './copy.ts';
export { contextSelection } from './local-origins.ts';
export { sourcesDigest } from './sources-digest.ts';
export { transferStep } from './transfer-step.ts';
export { withoutCredentials } from './url-origin.ts';
export { workdirStep } from './workdir-step.ts';
