import { z } from 'zod';
import {
  canonicalJson,
  integrityError,
  isDigest,
  shortDigest,
  type Digest,
  type Json,
} from '../core/index.ts';
import { keyText, type Exchange, type RefusedExchange } from '../kinds/index.ts';
import { inputSections, type InputLine, type RecordedInput } from './lines.ts';
import { compareText } from './text-order.ts';
import type { BlobDescriptor, LayerBlob, Store } from '../store/index.ts';

/** An image that a build starts from or copies from, known by all that identifies it (DESIGN 2, "identity"). */
export interface ImageInput {
  /** As the Dockerfile names it, after its arguments were filled in. */
  readonly reference: string;
  readonly platform: string;
  readonly index?: Digest | undefined;
  readonly manifest: Digest;
  /** Media type of the manifest. */
  readonly mediaType: string;
  /** Bytes of the manifest. */
  readonly size: number;
  readonly config: Digest;
  readonly diffIds: readonly Digest[];
  /**
   * The layers as they were published. With them an image whose base comes compressed in another way can be held
   * against the locked one. Older recordings have none.
   */
  readonly layers?: readonly LayerBlob[] | undefined;
}

/** The exchanges of one step, sorted by key, so that a client's parallel requests do not reorder them. */
export interface StepRecording {
  /** `stage/ordinal`, both counted from 0 in the Dockerfile; `stage/onbuild/n` for a trigger of the base. */
  readonly step: string;
  /** Digest of the instruction's canonical text: finds the step again when others are put before it. */
  readonly command: Digest;
  readonly exchanges: readonly Exchange[];
  /** What the step did without; left out where it is nothing. */
  readonly refused?: readonly RefusedExchange[] | undefined;
  /** What it took past the gateway; left out where it is nothing. */
  readonly unlocked?: readonly UnlockedInput[] | undefined;
}

/** Something that a step took and nobody saw. */
export interface UnlockedInput {
  readonly reason: 'NETWORK_HOST';
  /** By which a project allows it. */
  readonly name: string;
  /** The instruction, shortened. */
  readonly step: string;
}

/** All that one build took from outside, in full; the lock's lines are its summary. */
export interface Recording {
  readonly version: 1;
  /** RFC 3339, UTC, whole seconds: the lock's date and the build's source date. */
  readonly asOf: string;
  readonly images: readonly ImageInput[];
  readonly steps: readonly StepRecording[];
  /** The lock's lines for all of this. */
  readonly inputs: readonly RecordedInput[];
}

const digest = z.custom<Digest>(isDigest, 'not a sha256 digest');
const blob: z.ZodType<BlobDescriptor> = z.strictObject({ digest, size: z.number().int().nonnegative() });
const line: z.ZodType<InputLine> = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.array(z.string())]),
);
const key = z.strictObject({
  method: z.string(),
  url: z.string(),
  vary: z.record(z.string(), z.string()),
  body: digest.optional(),
});
const recordingSchema: z.ZodType<Recording> = z.strictObject({
  version: z.literal(1),
  asOf: z.iso.datetime(),
  images: z.array(
    z.strictObject({
      reference: z.string(),
      platform: z.string(),
      index: digest.optional(),
      manifest: digest,
      mediaType: z.string(),
      size: z.number().int().nonnegative(),
      config: digest,
      diffIds: z.array(digest),
      layers: z
        .array(z.strictObject({ mediaType: z.string(), digest, size: z.number().int().nonnegative() }))
        .optional(),
    }),
  ),
  steps: z.array(
    z.strictObject({
      step: z.string(),
      command: digest,
      exchanges: z.array(
        z.strictObject({
          key,
          responses: z.array(
            z.strictObject({
              status: z.number().int(),
              headers: z.array(z.tuple([z.string(), z.string()])),
              body: blob.optional(),
            }),
          ),
        }),
      ),
      refused: z.array(z.strictObject({ key, status: z.number().int() })).optional(),
      unlocked: z
        .array(z.strictObject({ reason: z.literal('NETWORK_HOST'), name: z.string(), step: z.string() }))
        .optional(),
    }),
  ),
  inputs: z.array(
    z.strictObject({
      section: z.enum(inputSections),
      line,
      step: z.string().optional(),
      url: z.string().optional(),
    }),
  ),
});

/** Puts a recording into the store; equal recordings give equal bytes. */
export async function storeRecording(store: Store, recording: Recording): Promise<Digest> {
  const steps = recording.steps
    .map(step => ({ ...step, exchanges: sortedExchanges(step.exchanges) }))
    .toSorted((a, b) => compareSteps(a.step, b.step));
  const images = recording.images.toSorted((a, b) => compareText(imageKey(a), imageKey(b)));
  const text = canonicalJson({ ...recording, images, steps } as unknown as Json);
  return (await store.put(text)).digest;
}

/** @throws HoldfastError RECORDING_INVALID (exit 4), and what Store.readBytes throws */
export async function readRecording(store: Pick<Store, 'readBytes'>, digestOfIt: Digest): Promise<Recording> {
  const bytes = await store.readBytes(digestOfIt);
  try {
    return recordingSchema.parse(JSON.parse(bytes.toString()));
  } catch (error) {
    throw integrityError(
      'RECORDING_INVALID',
      `blob ${shortDigest(digestOfIt)} is not a recording of version 1`,
      {
        next: 'Run `holdfast lock` to record the build again, or use the version of Holdfast that wrote it.',
        cause: error,
      },
    );
  }
}

export function sortedExchanges(exchanges: readonly Exchange[]): Exchange[] {
  return exchanges.toSorted((a, b) => compareText(keyText(a.key), keyText(b.key)));
}

export function imageKey(image: Pick<ImageInput, 'reference' | 'platform'>): string {
  return `${image.reference} ${image.platform}`;
}

function compareSteps(a: string, b: string): number {
  const [stageA, ordinalA] = stepPlace(a);
  const [stageB, ordinalB] = stepPlace(b);
  return stageA - stageB || ordinalA - ordinalB || compareText(a, b);
}

/** Triggers come before the stage's own instructions. */
function stepPlace(id: string): [stage: number, ordinal: number] {
  const [stage = '', ordinal = '', trigger = ''] = id.split('/');
  return [Number(stage), ordinal === 'onbuild' ? Number(trigger) - 1e6 : Number(ordinal)];
}
