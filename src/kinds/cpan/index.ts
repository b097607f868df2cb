export { cpan } from './cpan.ts';
