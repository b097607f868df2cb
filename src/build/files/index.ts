export { contextDigest } from './context-digest.ts';
export { transferStep } from './transfer-step.ts';
export { workdirStep } from './workdir-step.ts';
