export { patternBytes } from './behaviours.ts';
export { GatewayWorld, type Answer } from './gateway-world.ts';
export { HostileServer } from './server.ts';
