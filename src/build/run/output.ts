import type { BuildRuntime } from '../runtime.ts';
import type { Step } from '../step.ts';
import { Mask } from '../mask.ts';

/** How many of a failed step's last lines an error repeats. */
const tailLines = 20;

/** The last lines that a step printed, to repeat where it failed. */
export class OutputTail {
  #text = '';

  add(text: string): void {
    this.#text = (this.#text + text).slice(-16_384);
  }

  lines(): string[] {
    return this.#text
      .split(/[\r\n]+/)
      .filter(line => line.trim() !== '')
      .slice(-tailLines);
  }
}

/** What a step prints, shown as it comes, without the secrets that are in it. */
export class StepOutput {
  readonly tail = new OutputTail();
  readonly #show: (text: string) => void;
  readonly #stdout: Mask;
  readonly #stderr: Mask;

  constructor({ onEvent }: BuildRuntime, { name }: Step, hidden: readonly string[]) {
    this.#stdout = new Mask(hidden);
    this.#stderr = new Mask(hidden);
    this.#show = text => {
      if (text === '') return;
      this.tail.add(text);
      onEvent({ type: 'step-output', step: name, text });
    };
  }

  readonly onStdout = (chunk: Buffer): void => this.#show(this.#stdout.push(chunk));
  readonly onStderr = (chunk: Buffer): void => this.#show(this.#stderr.push(chunk));

  end(): void {
    this.#show(this.#stdout.end());
    this.#show(this.#stderr.end());
  }
}
