// Answers of slow questions, kept between runs together with what they depend on: as long as that looks the same, nobody is asked again.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import type { Guard } from "../toolchain/failure.ts";
import { replaceFile } from "../toolchain/replacefile.ts";
import { Digests, nanoseconds } from "./digests.ts";
import { type Look, lookAt } from "./look.ts";

const kept = z.strictObject({
  looks: z.array(z.tuple([z.enum(["file", "tree", "names"]), z.string()])),
  seen: z.string(),
  answer: z.unknown(),
});
const schema = z.strictObject({
  schema: z.literal("pare.answers/1"),
  answers: z.array(z.tuple([z.string(), kept])),
});
type Kept = z.infer<typeof kept>;

/** Answers that are kept; the longest unused go first. */
const MOST = 300;

export interface Answered<T> {
  readonly answer: T;
  /** What it depends on. */
  readonly looks: readonly Look[];
}

export class Answers {
  readonly digests: Digests;
  readonly #path: string;
  readonly #known: Map<string, Kept>;
  /** What was seen in this run: a tree that many questions depend on is walked once. */
  readonly #seen = new Map<string, string>();
  #isChanged = false;

  /** `path`: where they are kept. */
  constructor(path: string, digests: Digests) {
    this.#path = path;
    this.digests = digests;
    this.#known = load(path);
  }

  /**
   * The answer to a question that holds all that matters besides the looks (the question is its identity). `ask` is called if there is
   * none, or if something that it depends on looks different; answers are plain JSON. `onAsk` hears of it.
   */
  async of<T>(question: string, ask: () => Promise<Answered<T>>, check: (answer: unknown) => T): Promise<T> {
    const old = this.#known.get(question);
    if (old !== undefined && this.#lookOnce(old.looks) === old.seen) {
      try {
        return check(old.answer);
      } catch {
        // written by another version: as if it were not there
      }
    }
    const began = nanoseconds();
    const { answer, looks } = await ask();
    this.#seen.clear();
    let isSteady = true;
    const seen = lookAt(looks, this.digests, (path) => {
      // what changed while the question was asked may have been read before or after
      if (isThere(path, this.digests) && Digests.isNewer(path, began)) isSteady = false;
    });
    this.#known.delete(question);
    if (isSteady) this.#known.set(question, { looks: looks.map((look) => [...look]), seen, answer });
    this.#isChanged = true;
    return answer;
  }

  #lookOnce(looks: readonly Look[]): string {
    const key = JSON.stringify(looks);
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    const seen = lookAt(looks, this.digests);
    this.#seen.set(key, seen);
    return seen;
  }

  /** Keeps them; a place that cannot be written is not an error. */
  save(guard: Guard): void {
    this.digests.save(guard);
    if (!this.#isChanged) return;
    const answers = [...this.#known].slice(-MOST);
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      replaceFile(this.#path, [`${JSON.stringify({ schema: "pare.answers/1", answers })}\n`], guard);
    } catch {
      // the next run asks again
    }
  }
}

function isThere(path: string, digests: Digests): boolean {
  return digests.of(path) !== undefined;
}

function load(path: string): Map<string, Kept> {
  try {
    return new Map(schema.parse(JSON.parse(readFileSync(path, "utf8"))).answers);
  } catch {
    return new Map();
  }
}
