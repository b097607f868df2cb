import type { Digest, SourcePlace } from '../core/index.ts';
import type { ComposeProject } from './project.ts';
import type { ComposeService } from './service.ts';

/** The image of a service, and the digest that it shall have. */
export interface ImagePin {
  readonly service: string;
  readonly where: SourcePlace;
  readonly reference: string;
  /** With the digest behind the tag, as Docker reads it. */
  readonly pinned: string;
  /** Where the reference is written, and nothing else; nothing where variables take part in it. */
  readonly written?: { readonly path: string; readonly start: number; readonly end: number } | undefined;
}

/** The images that could move, of services that are not built. What `digestOf` does not know stays as it is. */
export function imagePins(
  { services }: ComposeProject,
  digestOf: (service: ComposeService) => Digest | undefined,
): ImagePin[] {
  return [...services.values()].flatMap(service => {
    const { name, image, build } = service;
    const digest = image === undefined || build !== undefined ? undefined : digestOf(service);
    if (image === undefined || digest === undefined || image.text.includes('@')) return [];
    const { text: reference, where, file, mapped } = image;
    const { start, end } = mapped.range();
    const isWritten = image.isLiteral && file.source.text.slice(start, end) === reference;
    const written = isWritten ? { path: file.path, start, end } : undefined;
    return [{ service: name, where, reference, pinned: `${reference}@${digest}`, written }];
  });
}

/** A file's text with its pins; services may share a place by an anchor or `extends`. */
export function withPins(text: string, pins: readonly ImagePin[], path: string): string {
  const places = pins.flatMap(({ written, pinned }) =>
    written === undefined || written.path !== path ? [] : [{ ...written, pinned }],
  );
  const edits = [...new Map(places.map(edit => [edit.start, edit])).values()];
  let result = text;
  for (const { start, end, pinned } of edits.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + pinned + result.slice(end);
  return result;
}

const overrideHead = '# Written by `holdfast pin`: the images of holdfast.lock.\n';

/** Whether a file is what `overrideText` wrote, and nobody's own. */
export function isOverride(text: string): boolean {
  return text.startsWith(overrideHead);
}

/** A compose file that gives services their digests, to be read behind the others. */
export function overrideText(pins: readonly ImagePin[]): string {
  if (pins.length === 0) return `${overrideHead}services: {}\n`;
  const lines = pins.map(({ service, pinned }) => `  ${service}:\n    image: ${pinned}\n`);
  return `${overrideHead}services:\n${lines.join('')}`;
}
