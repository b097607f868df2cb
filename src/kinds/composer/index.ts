export { composer } from './composer.ts';
