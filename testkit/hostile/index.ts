export { patternBytes } from './behaviours.ts';
export { GatewayWorld, type Answer, type Ask } from './gateway-world.ts';
export { HostileServer, type SeenRequest } from './server.ts';
