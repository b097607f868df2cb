export type { BuildSecret, ComposeBuild } from './build.ts';
export { composeFileFacts, type ComposeFileFacts } from './file-facts.ts';
export { composeFilesIn } from './files.ts';
export { imagePins, isOverride, overrideText, withPins, type ImagePin } from './pin.ts';
export { isActive, selectedServices } from './selection.ts';
export { loadCompose, type ComposeProject, type ComposeRequest } from './project.ts';
export type { ComposeSecret } from './secrets.ts';
export type { ComposeService } from './service.ts';
export type { ComposeText } from './values.ts';
