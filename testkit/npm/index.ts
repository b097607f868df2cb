/** An npm registry with a past, that real npm, yarn and pnpm accept, and these clients. */

export { NpmClients, type NpmClientName } from './clients.ts';
export { packageTarball, type NpmPackage } from './package.ts';
export { NpmRegistry } from './registry.ts';
