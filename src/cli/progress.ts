// What long work says on stderr: one line that is overwritten on a terminal, plain lines elsewhere, nothing with --quiet.
import { visible } from "../report/escape.ts";

export interface Progress {
  /** A step begins. */
  step(text: string): void;
  /** All is done: the line goes away. */
  done(): void;
}

const SILENT: Progress = { step: () => {}, done: () => {} };

export function progressOn(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet) return SILENT;
  const animated = stream.isTTY && !process.env.CI && process.env.TERM !== "dumb";
  let shown = false;
  return {
    step(text) {
      if (animated) {
        stream.write(`\r\u001b[K${visible(text)} …`);
        shown = true;
      } else {
        stream.write(`${visible(text)}\n`);
      }
    },
    done() {
      if (shown) stream.write("\r\u001b[K");
      shown = false;
    },
  };
}
