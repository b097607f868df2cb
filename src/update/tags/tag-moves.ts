import type { BuildRuntime, Project } from '../../build/index.ts';
import type { SourcePlace } from '../../core/index.ts';
import { familiarReference } from '../../registry/index.ts';
import type { Selection } from '../selection.ts';
import { canTake, namedImages, withTags, type NamedImage } from './edits.ts';
import { laterTags } from './scheme.ts';
import { tagSource } from './tag-source.ts';

/** An image that a Dockerfile names by a later tag now. */
export interface TagMove {
  /** As the Dockerfile has it. */
  readonly from: string;
  readonly to: string;
  readonly places: readonly SourcePlace[];
}

/** A project with other tags in its Dockerfile. */
export interface RetaggedProject {
  readonly project: Project;
  readonly text: string;
  readonly moves: readonly TagMove[];
}

/** Of so many later tags one has to have an image for every platform: what is being pushed just now has not yet. */
const mostTried = 5;

/**
 * The projects with the images of their Dockerfiles by their latest tags of the same make.
 * @param platforms all that the lock has builds for: a tag without an image for one of them is none to move to.
 * @throws HoldfastError what the registry's client throws: a look-up that fails is no sign that there is nothing newer
 */
export async function retagged(
  projects: readonly Project[],
  platforms: readonly string[],
  selection: Selection | undefined,
  runtime: BuildRuntime,
): Promise<RetaggedProject[]> {
  const found = new Map<string, string | undefined>();
  const retaggedProjects: RetaggedProject[] = [];
  for (const project of projects) {
    const moved: { image: NamedImage; tag: string }[] = [];
    for (const image of namedImages(project.dockerfile, project.arguments)) {
      if (!isSelected(image, selection)) continue;
      if (!found.has(image.text)) found.set(image.text, await latestTag(image, platforms, runtime));
      const tag = found.get(image.text);
      if (tag !== undefined) moved.push({ image, tag });
    }
    const { text } = project.dockerfile;
    retaggedProjects.push({
      project,
      text: withTags(text, moved),
      moves: moved.map(one => moveOf(one, project.dockerfileName)),
    });
  }
  return retaggedProjects;
}

function moveOf({ image, tag }: { image: NamedImage; tag: string }, file: string): TagMove {
  return {
    from: image.text,
    to: image.text.slice(0, -image.reference.tag.length) + tag,
    places: image.places.map(({ line, column }) => ({ file, line, column })),
  };
}

function isSelected({ reference }: NamedImage, selection: Selection | undefined): boolean {
  if (selection === undefined) return true;
  const name = familiarReference(reference);
  if (selection.held.has(name)) return false;
  return selection.kinds.has('image') || selection.names.has(name);
}

async function latestTag(
  image: NamedImage,
  platforms: readonly string[],
  runtime: BuildRuntime,
): Promise<string | undefined> {
  const { reference, text } = image;
  const source = await tagSource(reference, runtime);
  const later = laterTags(reference.tag, await source.tags()).filter(tag => canTake(image, tag));
  for (const tag of later.slice(0, mostTried)) {
    const lacking = await source.lackingPlatforms(tag, platforms);
    if (lacking.length === 0) return tag;
    runtime.note(`${text}: the later tag ${tag} has no image for ${lacking.join(', ')}`);
  }
  return undefined;
}
