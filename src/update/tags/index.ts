export { retagged, type RetaggedProject, type TagMove } from './tag-moves.ts';
