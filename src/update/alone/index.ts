export { basePackages } from './base-packages.ts';
export { holdBack } from './hold-back.ts';
export { moveAlone } from './move-alone.ts';
