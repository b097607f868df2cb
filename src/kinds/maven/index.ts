export { maven } from './maven.ts';
