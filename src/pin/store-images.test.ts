import { describe, expect, it } from 'vitest';
import { sha256 } from '../core/index.ts';
import type { TaggedDescriptor } from '../store/index.ts';
import { sourcePolicy } from './source-policy.ts';
import { storeImages } from './store-images.ts';
import { requestFor, pinnedText, type Took } from './testing.ts';

const [made, moved] = [sha256('made'), sha256('moved')];
const others: Took[] = [
  { section: 'image', line: { reference: 'debian:12', platform: 'linux/amd64', manifest: made } },
];
const text = 'FROM debian:12\n';

async function imagesOf(digest: TaggedDescriptor['digest'], pushed?: string) {
  const annotations: Record<string, string> = pushed === undefined ? {} : { 'io.holdfast.pushed-to': pushed };
  const descriptor = { mediaType: 'm', digest, size: 1, annotations };
  return storeImages({ root: '/store', tags: async () => [{ name: 'debian:12', descriptor }] });
}

describe('an image that has its name from the store', () => {
  it('is not pinned, since plain Docker could not pull it', async () => {
    const images = await imagesOf(made);
    const pinned = await pinnedText(text, [], { others, storeImages: images });
    expect(pinned).toMatchObject({
      text,
      pins: [],
      unpinned: [
        {
          code: 'NOT_PULLABLE',
          what: 'debian:12',
          why: expect.stringContaining('holdfast copy oci:/store:debian:12 docker://'),
        },
      ],
    });
    const request = { ...requestFor(text, [], { others }), storeImages: images };
    expect((await sourcePolicy(request)).rules).toEqual([]);
  });

  it('is named as it was pushed', async () => {
    const images = await imagesOf(made, 'host.test/base:1');
    const { unpinned } = await pinnedText(text, [], { others, storeImages: images });
    expect(unpinned[0]?.why).toContain('pushed to host.test/base:1');
  });

  it.each([
    ['was pushed by that name', made, 'debian:12,host.test/base:1'],
    ['is another one than the locked', moved, undefined],
  ])('is pinned where it %s', async (_, digest, pushed) => {
    const images = await imagesOf(digest, pushed);
    const { text: pinned } = await pinnedText(text, [], { others, storeImages: images });
    expect(pinned).toBe(`FROM debian:12@${made}\n`);
  });
});
