import { formatPlatform, type Platform, type SourcePlace } from '../core/index.ts';
import type { GlobalScope } from './arguments.ts';
import { emptyStage, imageStage, type BuiltStage } from './built-stage.ts';
import type { Layer } from './cache.ts';
import { findContext, type NamedContext } from './contexts.ts';
import { directoryContextStep, remoteContextStep } from './files/index.ts';
import { layoutImage, namedImage, type ImageOrigin } from './image-origins.ts';
import { resolveBaseImage, type BaseImage } from './images.ts';
import { serviceImage } from './service-images.ts';
import type { BuildInProgress } from './step.ts';

/** What stages begin and copy from that is no stage: images, and the contexts that stand in for them. Each is had once. */
export class Bases {
  readonly #builder: BuildInProgress;
  readonly #global: GlobalScope;
  readonly #images = new Map<string, Promise<BaseImage>>();
  readonly #contexts = new Map<string, Promise<BuiltStage>>();

  constructor(builder: BuildInProgress, global: GlobalScope) {
    this.#builder = builder;
    this.#global = global;
  }

  /** What a name that no stage has stands for. */
  async named(name: string, platform: Platform, where: SourcePlace): Promise<BuiltStage> {
    if (name === 'scratch') return emptyStage(this.#global, platform);
    const { runtime } = this.#builder;
    return (
      this.context(name, platform, where) ?? this.#image(namedImage(name, runtime, where), platform, where)
    );
  }

  /** The context of a name, where the user gave one. */
  context(name: string, platform: Platform, where: SourcePlace): Promise<BuiltStage> | undefined {
    const context = findContext(this.#builder.input.project.contexts, name);
    if (context === undefined) return undefined;
    const key = `${name} ${formatPlatform(platform)}`;
    const found = this.#contexts.get(key) ?? this.#open(name, context, platform, where);
    this.#contexts.set(key, found);
    return found;
  }

  async #open(
    name: string,
    context: NamedContext,
    platform: Platform,
    where: SourcePlace,
  ): Promise<BuiltStage> {
    const { runtime } = this.#builder;
    switch (context.kind) {
      case 'scratch':
        return emptyStage(this.#global, platform);
      case 'image':
        return this.#image(namedImage(context.reference, runtime, where), platform, where);
      case 'oci-layout':
        return this.#image(layoutImage(name, context, runtime), platform, where);
      case 'directory': {
        const { layer } = await directoryContextStep(this.#builder, name, context, where);
        return this.#contextStage(`COPY . / # context ${name}`, layer, platform);
      }
      case 'service': {
        const image = await serviceImage(context.service, name, platform, runtime, where);
        this.#builder.contextParts.set(`service ${context.service}`, image.input.manifest);
        return imageStage(image, this.#global, platform);
      }
      case 'remote': {
        const { scope, container } = emptyStage(this.#global, platform);
        const settings = { scope, container, platform, ownCommand: false, caches: new Map() };
        const { layer } = await remoteContextStep(this.#builder, name, context.url, settings, where);
        return this.#contextStage(`ADD / # context ${name}`, layer, platform);
      }
    }
  }

  #contextStage(text: string, layer: Layer | undefined, platform: Platform): BuiltStage {
    const history = [{ created: this.#builder.input.ledger.created, created_by: text }];
    return { ...emptyStage(this.#global, platform), ...(layer && { layers: [layer], history }) };
  }

  async #image(origin: ImageOrigin, platform: Platform, where: SourcePlace): Promise<BuiltStage> {
    const { runtime, input } = this.#builder;
    const key = `${origin.name} ${formatPlatform(platform)}`;
    const found = this.#images.get(key) ?? resolveBaseImage(origin, platform, input.ledger, runtime, where);
    this.#images.set(key, found);
    return imageStage(await found, this.#global, platform);
  }
}
