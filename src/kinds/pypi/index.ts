export { pypi } from './pypi.ts';
