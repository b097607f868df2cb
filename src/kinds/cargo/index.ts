export { cargo } from './cargo.ts';
