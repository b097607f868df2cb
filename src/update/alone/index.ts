export { moveAlone } from './move-alone.ts';
