import { Helper, helperCommand, type Operation } from './helper.ts';

const program = `
  end_with_parent();
  serve();`;

/** Mounts in this process's own mount namespace. */
export class Mounter {
  #helper: Helper | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Carries out operations, after those that came earlier. @throws HelperFailed where one of them failed */
  async run(operations: readonly Operation[]): Promise<void> {
    const done = this.#last.then(() => this.#run(operations));
    this.#last = done.catch(() => {});
    await done;
  }

  async close(): Promise<void> {
    this.#helper?.finish();
    await this.#helper?.end();
  }

  async #run(operations: readonly Operation[]): Promise<void> {
    const helper = (this.#helper ??= new Helper(helperCommand(program)));
    try {
      await helper.run([...operations, ['answer', 'done']]);
    } catch (error) {
      this.#helper = undefined; // It ended when it failed.
      throw error;
    }
  }
}
