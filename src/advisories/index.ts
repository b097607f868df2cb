/** Security advisories: what feeds say of a package at a version, and what a move closes. */

export { advisoriesOn, type Advisory, type Judge } from './judge.ts';
export { advisoriesOfMove, isOpen, type MoveEffect } from './moves.ts';
export type { Feed, Level, Severity, Statement } from './statement.ts';
export { distributionFrom, type Distribution, type Subject } from './subject.ts';
export { plainName } from './plain-name.ts';
export { type FeedPlaces } from './feed-places.ts';
export { loadFeeds, type FeedEffects, type FeedFailure, type LoadedFeeds } from './load-feeds.ts';
