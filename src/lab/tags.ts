// Tag discovery: builds what findTags thinks worth it, marks each tag by what was measured, and verifies the best combination as one
// build.
import { NO_TIME } from "./budget.ts";
import type { FoundTag } from "./findtags.ts";

export const TAGS_SCHEMA = "pare.tags/1";

/** What becomes of one build. `digest` is that of what the program is made of; "" if its size alone tells it from the program as it is. */
export type TagBuilt =
  | { readonly ok: true; readonly bytes: number; readonly digest: string }
  | { readonly ok: false; readonly line: string; readonly output: string };

export interface TagBuilder {
  /**
   * Builds with these tags besides the user's own, without those of the user's own that are dropped. `name`: what people read instead of
   * the tags. Null: there is no time left.
   */
  build(tags: TagSet, name?: string): Promise<TagBuilt | null>;
  /** Those of the tags that change nothing beside the others; nothing is compiled. */
  idle(tags: TagSet): Promise<ReadonlySet<string>>;
  /** What the packages of the program with these tags read: others may have come in. Nothing is compiled. */
  discover(tags: TagSet): Promise<readonly FoundTag[]>;
  /** Runs the tests; the first line of what failed, or null. Undefined where tests are not asked for. */
  readonly test?: (tags: TagSet) => Promise<string | null>;
}

export interface TagSet {
  readonly set: readonly string[];
  readonly drop: readonly string[];
}

export type TagVerdict =
  /** `bytes` more than 0. */
  | { readonly is: "saves" | "costs"; readonly bytes: number }
  /** files: not one comes or goes. bytes: the same program comes out. */
  | { readonly is: "no effect"; readonly by: "files" | "bytes"; readonly text: string }
  /** `line`: the first of what the compiler said. */
  | { readonly is: "does not build"; readonly line: string }
  | { readonly is: "breaks tests"; readonly bytes: number; readonly line: string }
  | { readonly is: "not measured"; readonly reason: string };

export interface TagRow {
  readonly found: FoundTag;
  readonly verdict: TagVerdict;
  /** Of the program, where it was built. */
  readonly size: number | null;
}

export interface TagCombination {
  readonly tags: TagSet;
  readonly size: number;
  /** Bytes less than without; measured, not added up. */
  readonly saves: number;
  /** Single savings added up: what one might have expected. */
  readonly sum: number;
  /** Those of the tags that work only beside the others, with what they save there. */
  readonly beside: readonly { readonly tag: string; readonly bytes: number }[];
  /** Those that save, and had to be left out. */
  readonly without: readonly { readonly tag: string; readonly reason: string }[];
}

export interface TagResult {
  /** Of the program without any change of tags. */
  readonly base: number;
  /** In the order of discovery. */
  readonly rows: readonly TagRow[];
  /** Null if no tag saves anything. */
  readonly best: TagCombination | null;
  /** Packages whose tests fail without any change of tags, where tests were run: they say nothing of tags. */
  readonly failing: readonly string[];
}

/** Below this the name of the tag alone, and alignment, may make the difference. */
export const NOISE = 16 << 10;

/** What the changes of these tags come to. */
export const tagSetOf = (all: readonly FoundTag[]): TagSet => ({
  set: all.filter(({ change }) => change === "set").map(({ tag }) => tag),
  drop: all.filter(({ change }) => change === "drop").map(({ tag }) => tag),
});

/** Builds and marks. `base`: bytes of the program as it is. */
export async function measureTags(
  found: readonly FoundTag[],
  base: number,
  builder: TagBuilder,
): Promise<Omit<TagResult, "failing">> {
  const twins = new Twins(found, builder);
  // side by side: who runs when is the executor's business
  const rows = await Promise.all(
    found.map(async (each): Promise<TagRow> => {
      const { skip } = each;
      if (skip?.why === "unchanged")
        return { found: each, verdict: { is: "no effect", by: "files", text: skip.text }, size: null };
      if (skip !== null) return { found: each, verdict: { is: "not measured", reason: skip.text }, size: null };
      return measureOne(each, base, builder, twins);
    }),
  );
  return { base, rows, best: await combine(rows, base, builder) };
}

async function measureOne(found: FoundTag, base: number, builder: TagBuilder, twins: Twins): Promise<TagRow> {
  const left = (verdict: TagVerdict, size: number | null = null): TagRow => ({ found, verdict, size });
  const tags = tagSetOf([found]);
  const built = await builder.build(tags);
  if (built === null) return left({ is: "not measured", reason: NO_TIME });
  if (!built.ok) return left({ is: "does not build", line: built.line });
  const bytes = base - built.bytes;
  if (Math.abs(bytes) < NOISE && found.change === "set" && (await twins.digest(found.tag)) === built.digest) {
    return left(
      { is: "no effect", by: "bytes", text: "files come or go; functions, types and data stay the same" },
      built.bytes,
    );
  }
  if (builder.test !== undefined) {
    const line = await builder.test(tags);
    if (line !== null) return left({ is: "breaks tests", bytes, line }, built.bytes);
  }
  if (bytes === 0) return left({ is: "no effect", by: "bytes", text: "another program of the same size" }, built.bytes);
  return left({ is: bytes > 0 ? "saves" : "costs", bytes: Math.abs(bytes) }, built.bytes);
}

/**
 * Programs built with a tag that nobody reads: a program names its tags (build info), so that only another with a tag of the same length
 * can be equal to one with a tag that has no effect.
 */
class Twins {
  readonly #names: ReadonlySet<string>;
  readonly #builder: TagBuilder;
  readonly #digests = new Map<number, Promise<string | undefined>>();

  constructor(found: readonly FoundTag[], builder: TagBuilder) {
    this.#names = new Set(found.map(({ tag }) => tag));
    this.#builder = builder;
  }

  digest({ length }: string): Promise<string | undefined> {
    const known = this.#digests.get(length);
    if (known !== undefined) return known;
    const name = ["_", "z", "q", "0"].map((char) => char.repeat(length)).find((each) => !this.#names.has(each));
    const digest =
      name === undefined
        ? Promise.resolve(undefined)
        : this.#builder
            .build({ set: [name], drop: [] }, "a tag that nobody reads, to compare")
            .then((built) => (built?.ok ? built.digest : undefined));
    this.#digests.set(length, digest);
    return digest;
  }
}

/** All that save, together; if that is no program, or none that passes its tests, one after the other, the best first. */
async function combine(rows: readonly TagRow[], base: number, builder: TagBuilder): Promise<TagCombination | null> {
  const saving = rows
    .flatMap(({ found, verdict }) => (verdict.is === "saves" ? [{ found, bytes: verdict.bytes }] : []))
    .sort((a, b) => b.bytes - a.bytes);
  if (saving.length === 0) return null;
  const without: { tag: string; reason: string }[] = [];
  const alone = base - saving[0].bytes;
  const useable = await useful(
    saving.map(({ found }) => found),
    builder,
    without,
  );
  const together = useable.length > 1 ? await attempt(useable, builder) : { size: alone };
  let chosen = useable;
  let size = alone;
  if ("size" in together && together.size <= alone) {
    size = together.size;
  } else {
    // some exclude each other: what the best has won must not be lost again
    chosen = [saving[0].found];
    for (const found of useable.filter((each) => each !== saving[0].found)) {
      const tried = await attempt([...chosen, found], builder);
      if ("size" in tried && tried.size < size) {
        chosen = [...chosen, found];
        size = tried.size;
      } else {
        without.push({ tag: found.tag, reason: "size" in tried ? IDLE : tried.reason });
      }
    }
  }
  const sum = saving.filter(({ found }) => chosen.includes(found)).reduce((total, { bytes }) => total + bytes, 0);
  const more = await besides(chosen, size, rows, builder);
  const all = [...chosen, ...more.map(({ found }) => found)];
  const beside = more.map(({ found: { tag }, bytes }) => ({ tag, bytes }));
  size -= beside.reduce((total, { bytes }) => total + bytes, 0);
  return { tags: tagSetOf(all), size, saves: base - size, sum, beside, without };
}

/** Tags that nobody reads, or that change nothing, until others are set: those that save beside these, one after the other. */
async function besides(
  chosen: readonly FoundTag[],
  size: number,
  rows: readonly TagRow[],
  builder: TagBuilder,
): Promise<{ readonly found: FoundTag; readonly bytes: number }[]> {
  const tried = new Set(rows.flatMap(({ found }) => (found.skip?.why === "unchanged" ? [] : [found.tag])));
  const taken: { readonly found: FoundTag; readonly bytes: number }[] = [];
  let left = size;
  for (;;) {
    const all = [...chosen, ...taken.map(({ found }) => found)];
    const found = await builder.discover(tagSetOf(all));
    const next = found.find(({ tag, change, skip }) => change === "set" && skip === null && !tried.has(tag));
    if (next === undefined) return taken;
    tried.add(next.tag);
    const now = await attempt([...all, next], builder);
    if (!("size" in now) || left - now.size < NOISE) continue;
    taken.push({ found: next, bytes: left - now.size });
    left = now.size;
  }
}

/** Leaves out, one by one, the smallest first, what the others make needless: two of them may be needless only while both are there. */
async function useful(
  all: readonly FoundTag[],
  builder: TagBuilder,
  without: { tag: string; reason: string }[],
): Promise<readonly FoundTag[]> {
  if (all.length === 1) return all;
  const idle = await builder.idle(tagSetOf(all));
  const needless = all.findLast(({ tag }) => idle.has(tag));
  if (needless === undefined) return all;
  without.push({ tag: needless.tag, reason: IDLE });
  return useful(
    all.filter((each) => each !== needless),
    builder,
    without,
  );
}

const IDLE = "changes nothing beside the others";

async function attempt(
  all: readonly FoundTag[],
  builder: TagBuilder,
): Promise<{ readonly size: number } | { readonly reason: string }> {
  const tags = tagSetOf(all);
  const built = await builder.build(tags);
  if (built === null) return { reason: NO_TIME };
  if (!built.ok) return { reason: `does not build beside the others: ${built.line}` };
  const line = (await builder.test?.(tags)) ?? null;
  return line === null ? { size: built.bytes } : { reason: `breaks tests beside the others: ${line}` };
}
