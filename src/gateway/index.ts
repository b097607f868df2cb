export { Gateway, type GatewayListeners, type GatewayOptions, type Session } from './gateway.ts';
export { redactUrl } from './redact.ts';
export type { GatewayLimits } from './limits.ts';
export type { Vary } from './key.ts';
export type { ExchangeEvent, SessionMode, SessionOptions, SessionResult } from './session.ts';
