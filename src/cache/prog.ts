// GOCACHEPROG: the go command asks on stdin and is answered on stdout, one JSON value a line.
// Protocol: GOROOT/src/cmd/go/internal/cacheprog/cacheprog.go (Go 1.24); the client: cmd/go/internal/cache/prog.go.
import type { Readable, Writable } from "node:stream";
import { sha256 } from "./digest.ts";
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

/** Answers requests until the go command closes. Resolves when the last answer is out. */
export async function serveGo(tiers: Tiers, input: Readable, output: Writable, patience: number): Promise<void> {
  const answer = (value: object): void => void output.write(`${JSON.stringify(value)}\n`);
  answer({ ID: 0, KnownCommands: ["get", "put", "close"] });
  let pending: Request | undefined;
  for await (const line of lines(input)) {
    if (line.length === 0) continue;
    if (pending) {
      put(tiers, pending, Buffer.from(line.toString("latin1", 1, line.length - 1), "base64"), answer);
      pending = undefined;
      continue;
    }
    const request = JSON.parse(line.toString("utf8")) as Request;
    if (request.Command === "get") get(tiers, request, answer);
    else if (request.Command === "put") {
      if ((request.BodySize ?? 0) > 0) pending = request;
      else put(tiers, request, Buffer.alloc(0), answer);
    } else if (request.Command === "close") {
      await tiers.close(patience);
      answer({ ID: request.ID });
      return;
    } else answer({ ID: request.ID, Err: `unknown command ${request.Command}` });
  }
}

const hexOf = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString("hex");

function found(id: number, output: Output | undefined): object {
  if (!output) return { ID: id, Miss: true };
  const { id: outputId, size, time, path } = output;
  const base64 = Buffer.from(outputId, "hex").toString("base64");
  return { ID: id, OutputID: base64, Size: size, Time: new Date(time).toISOString(), DiskPath: path };
}

function get(tiers: Tiers, { ID, ActionID }: Request, answer: (value: object) => void): void {
  const output = tiers.get(hexOf(ActionID));
  if (output instanceof Promise) void output.then((fetched) => answer(found(ID, fetched)));
  else answer(found(ID, output));
}

function put(tiers: Tiers, request: Request, body: Buffer, answer: (value: object) => void): void {
  const { ID } = request;
  const id = hexOf(request.OutputID);
  if (body.length !== (request.BodySize ?? 0) || sha256(body) !== id) {
    answer({ ID, Err: "the output does not have the size or the hash that it should" });
    return;
  }
  try {
    answer({ ID, DiskPath: tiers.put(hexOf(request.ActionID), id, body).path });
  } catch (error) {
    answer({ ID, Err: error instanceof Error ? error.message : String(error) });
  }
}

/** Lines without their ends; a body is one line of many megabytes. */
async function* lines(input: Readable): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  for await (const piece of input) {
    let rest = piece as Buffer;
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      const line = rest.subarray(0, at);
      yield parts.length === 0 ? line : Buffer.concat([...parts, line]);
      parts = [];
      rest = rest.subarray(at + 1);
    }
    if (rest.length > 0) parts.push(rest);
  }
}
