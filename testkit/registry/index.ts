/** A registry of the OCI distribution specification 1.1 in memory, strict about what clients must do. */

export { startCuttingProxy, type CuttingProxy } from './cutting-proxy.ts';
export { StrictRegistry, type StrictOptions } from './strict-registry.ts';
