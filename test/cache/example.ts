// An action and what it made, and the name of content in a cache.
import { createHash } from "node:crypto";

export const hash = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
export const ACTION = hash("an action");
export const BODY = Buffer.from("an output of the compiler");
