export { gem } from './gem.ts';
