// What tasks took the last time, kept between runs, so that the next one can be planned: memory at the peak, and seconds.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import type { Guard } from "../toolchain/failure.ts";
import { replaceFile } from "../toolchain/replacefile.ts";

/** What one task took. */
export interface Cost {
  /** Bytes that its processes held together at their peak. */
  readonly peakBytes: number;
  readonly seconds: number;
}

/** Tasks that are remembered; the longest unseen go first. */
const MOST = 2000;

const schema = z.strictObject({
  schema: z.literal("pare.costs/1"),
  costs: z.array(z.tuple([z.string(), z.number().nonnegative(), z.number().nonnegative()])),
});

/** Costs by a key that says what is built how, in one file. A file that cannot be read is an empty one. */
export class Costs {
  readonly #path: string;
  readonly #noted = new Map<string, Cost>();
  readonly #known: ReadonlyMap<string, Cost>;

  constructor(path: string) {
    this.#path = path;
    this.#known = load(path);
  }

  of(key: string): Cost | undefined {
    return this.#noted.get(key) ?? this.#known.get(key);
  }

  note(key: string, cost: Cost): void {
    this.#noted.set(key, cost);
  }

  /** Writes what was noted beside what others have written meanwhile; a place that cannot be written is not an error. */
  save(guard: Guard): void {
    if (this.#noted.size === 0) return;
    // noted ones go last: the front is forgotten first
    const all = new Map(load(this.#path));
    for (const [key, cost] of this.#noted) {
      all.delete(key);
      all.set(key, cost);
    }
    const costs = [...all].slice(-MOST).map(([key, { peakBytes, seconds }]) => [key, peakBytes, seconds]);
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      replaceFile(this.#path, [`${JSON.stringify({ schema: "pare.costs/1", costs })}\n`], guard);
    } catch {
      // the next run plans without
    }
  }
}

function load(path: string): ReadonlyMap<string, Cost> {
  try {
    const { costs } = schema.parse(JSON.parse(readFileSync(path, "utf8")));
    return new Map(costs.map(([key, peakBytes, seconds]) => [key, { peakBytes, seconds }]));
  } catch {
    return new Map();
  }
}
