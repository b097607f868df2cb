export { go } from './go.ts';
