export { Gateway, type GatewayOptions, type Session } from './gateway.ts';
export type { AnswerAsOf } from './as-of.ts';
export { documentKey, Documents, type DocumentsOptions } from './documents.ts';
export type { GatewayLimits } from './limits.ts';
export type { Get } from './own-requests.ts';
export type { ExchangeEvent, SessionOptions, SessionResult } from './session.ts';
