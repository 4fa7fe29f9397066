// GOCACHEPROG: the go command asks on stdin and is answered on stdout, one JSON value a line.
// Protocol: GOROOT/src/cmd/go/internal/cacheprog/cacheprog.go (Go 1.24); the client: cmd/go/internal/cache/prog.go.
import { readSync, writeSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { sha256 } from "./digest.ts";
import { ProtocolError } from "./failure.ts";
import type { Output } from "./godirectory.ts";
import type { Tiers } from "./tiers.ts";

interface Request {
  readonly ID: number;
  readonly Command: string;
  /** Base64. */
  readonly ActionID?: string;
  readonly OutputID?: string;
  readonly BodySize?: number;
}

const NEWLINE = 0x0a;
const PIECE = 1 << 16;
/** Milliseconds until a descriptor that had nothing is asked again, where somebody made it non-blocking. */
const PAUSE = 1;

/** Answers requests until the go command closes. Resolves when the last answer is out. */
export async function serveGo(tiers: Tiers, input: Readable, output: Writable, patience: number): Promise<void> {
  const conversation = new Conversation(tiers, (text) => void output.write(text));
  for await (const piece of input) {
    conversation.take(piece as Buffer);
    if (conversation.closing === undefined) continue;
    await tiers.close(patience);
    conversation.answer({ ID: conversation.closing });
    return;
  }
}

/**
 * The same over two descriptors for a cache without a remote, where every answer is there at once. Nothing waits for anything else, so
 * no streams are needed: loading them takes as long as a few hundred answers.
 */
export function serveGoAtOnce(tiers: Tiers, input: number, output: number): void {
  let answers = "";
  const conversation = new Conversation(tiers, (text) => (answers += text));
  const piece = Buffer.allocUnsafe(PIECE);
  for (;;) {
    writeAll(output, answers);
    answers = "";
    if (conversation.closing !== undefined) return;
    const size = patient(() => readSync(input, piece));
    if (size === 0) return;
    conversation.take(piece.subarray(0, size));
    if (conversation.closing !== undefined) conversation.answer({ ID: conversation.closing });
  }
}

function writeAll(output: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += patient(() => writeSync(output, bytes, at));
}

function patient(work: () => number): number {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}

class Conversation {
  /** Number of the request to close. */
  closing: number | undefined;
  readonly #tiers: Tiers;
  readonly #write: (text: string) => void;
  /** A put whose body is the next line. */
  #pending: Request | undefined;
  /** What came of a line that is not over; a body is one line of many megabytes. */
  #begun: Buffer[] = [];

  constructor(tiers: Tiers, write: (text: string) => void) {
    this.#tiers = tiers;
    this.#write = write;
    this.answer({ ID: 0, KnownCommands: ["get", "put", "close"] });
  }

  answer(value: object): void {
    this.#write(`${JSON.stringify(value)}\n`);
  }

  /** Takes the next bytes of the input; they may be overwritten afterwards. */
  take(piece: Buffer): void {
    let rest = piece;
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      const line = rest.subarray(0, at);
      this.#hear(this.#begun.length === 0 ? line : Buffer.concat([...this.#begun, line]));
      this.#begun = [];
      rest = rest.subarray(at + 1);
    }
    if (rest.length > 0) this.#begun.push(Buffer.from(rest));
  }

  #hear(line: Buffer): void {
    if (line.length === 0) return;
    const put = this.#pending;
    if (put) {
      this.#pending = undefined;
      this.#put(put, Buffer.from(line.toString("latin1", 1, line.length - 1), "base64"));
      return;
    }
    const request = requestOf(line);
    if (request.Command === "get") this.#get(request);
    else if (request.Command === "put") {
      if ((request.BodySize ?? 0) > 0) this.#pending = request;
      else this.#put(request, Buffer.alloc(0));
    } else if (request.Command === "close") this.closing = request.ID;
    else this.answer({ ID: request.ID, Err: `unknown command ${request.Command}` });
  }

  #get({ ID, ActionID }: Request): void {
    const output = this.#tiers.get(hexOf(ActionID));
    if (output instanceof Promise) void output.then((fetched) => this.answer(found(ID, fetched)));
    else this.answer(found(ID, output));
  }

  #put(request: Request, body: Buffer): void {
    const { ID } = request;
    const id = hexOf(request.OutputID);
    if (body.length !== (request.BodySize ?? 0) || sha256(body) !== id) {
      this.answer({ ID, Err: "the output does not have the size or the hash that it should" });
      return;
    }
    try {
      this.answer({ ID, DiskPath: this.#tiers.put(hexOf(request.ActionID), id, body).path });
    } catch (error) {
      this.answer({ ID, Err: error instanceof Error ? error.message : String(error) });
    }
  }
}

/** Throws ProtocolError. */
function requestOf(line: Buffer): Request {
  try {
    const value = JSON.parse(line.toString("utf8")) as Partial<Request> | null;
    if (typeof value?.ID === "number" && typeof value.Command === "string") return value as Request;
  } catch {
    // told below
  }
  throw new ProtocolError("a line on stdin is no request of the go command");
}

const hexOf = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString("hex");

function found(id: number, output: Output | undefined): object {
  if (!output) return { ID: id, Miss: true };
  const { id: outputId, size, time, path } = output;
  const base64 = Buffer.from(outputId, "hex").toString("base64");
  return { ID: id, OutputID: base64, Size: size, Time: new Date(time).toISOString(), DiskPath: path };
}
