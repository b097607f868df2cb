export { rpm } from './rpm.ts';
