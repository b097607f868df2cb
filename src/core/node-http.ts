import type * as http from 'node:http';

/**
 * Node's own HTTP. To `import` it makes Node read everything that it exports, a second HTTP client with all of
 * `fetch` among it, which takes longer than all else that the program loads; to ask for it does not.
 */
export function nodeHttp(): typeof http {
  return process.getBuiltinModule('node:http');
}
