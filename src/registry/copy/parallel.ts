import { inParallel } from '../transfer.ts';

/** The results of `work` for every item, in their order, at most `width` at a time. */
export async function inParallelMap<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  await inParallel([...items.entries()], width, async ([n, item]) => {
    results[n] = await work(item);
  });
  return results;
}
