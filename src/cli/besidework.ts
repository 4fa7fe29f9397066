// What the thread of ahead.ts does: makes the parts of a profile that need nothing but the bytes, and sends each as soon as it is there.
import { shareMemory } from "../binary/memory.ts";
import { makeParts } from "../ledger/beside.ts";
import { inflate } from "../toolchain/inflate.ts";
import { isLastToLoad, isToHash, isWanted, type Message, SENT, SYMBOLS, type WorkerData } from "./ahead.ts";
import { keepCompiled, tune } from "./engine.ts";
import { Hashing } from "./hashing.ts";

/** Waits for the bytes, and works on them. */
export function work({ port, signal }: WorkerData): void {
  // for the first thread too
  if (isLastToLoad(signal)) tune(2);
  const send = (message: Message): void => {
    port.postMessage(message);
    Atomics.add(signal, SENT, 1);
    Atomics.notify(signal, SENT);
  };
  port.once("message", (bytes: Uint8Array) => {
    try {
      shareMemory();
      for (const part of makeParts(bytes, inflate, () => isWanted(signal, SYMBOLS))) send(part);
      if (isToHash(signal)) send({ part: "sha256", value: new Hashing(bytes).digest() });
    } catch {
      // whoever waits meets the same error, and knows how to say it
    }
    send({ part: "end" });
    keepCompiled();
    // the first thread is still at work
    tune(2);
    // this one is taken down beside it: in the end the process would wait for that
    port.close();
  });
}
