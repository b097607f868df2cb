export { Agents, type AgentSource } from './agents.ts';
export type { CacheStates } from './cache-mounts.ts';
export { entitlements, type Entitlement, type FailedStepShell, type Grants } from './grants.ts';
export { runStepOf } from './run-step.ts';
export { Secrets, type SecretSource } from './secrets.ts';
