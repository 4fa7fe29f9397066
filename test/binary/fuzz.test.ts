// Damaged files give an InputError, or an Executable that keeps the model's promises.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/binary/bytes.ts";
import { openContainer, openExecutable } from "../../src/binary/open.ts";
import { goBuild, type GoOptions } from "../fixture.ts";
import { anatomyOf, applyEdits, type Edit, formatRecipe, minimise, mutation, parseRecipes } from "../mutate.ts";
import { violations } from "./invariants.ts";

/** Mutations per file; the default takes some seconds for all of them. */
const MUTATIONS = Number(process.env.PARE_FUZZ_MUTATIONS ?? 200);
const CORPUS = path.join(import.meta.dirname, "../corpus/containers.txt");

const hasGcc = ((): boolean => {
  try {
    execFileSync("gcc", ["--version"], { stdio: "ignore" });
    return process.platform === "linux" && process.arch === "x64";
  } catch {
    return false;
  }
})();

const bases: Readonly<Record<string, GoOptions>> = {
  "elf-amd64": { fixture: "hello" },
  "elf-pie": { fixture: "hello", flags: ["-buildmode=pie"] },
  "elf-mips": { fixture: "hello", goos: "linux", goarch: "mips" },
  pe: { fixture: "hello", goos: "windows", goarch: "amd64" },
  macho: { fixture: "hello", goos: "darwin", goarch: "arm64" },
  wasm: { fixture: "hello", goos: "wasip1", goarch: "wasm" },
  ...(hasGcc && {
    "c-archive": { fixture: "cgo", flags: ["-buildmode=c-archive"], env: { CGO_ENABLED: "1" } },
    "elf-object": { fixture: "cgo", flags: ["-buildmode=c-archive"], env: { CGO_ENABLED: "1" } },
    "elf-relr": {
      fixture: "cgo",
      flags: ["-buildmode=pie"],
      ldflags: "-linkmode=external -extldflags=-Wl,-z,pack-relative-relocs",
      env: { CGO_ENABLED: "1" },
    },
  }),
};

const loaded = new Map<string, Uint8Array<ArrayBuffer>>();

/** The file called `name`; "elf-object" is the biggest member of the archive. */
function base(name: string): Uint8Array<ArrayBuffer> {
  let bytes = loaded.get(name);
  if (!bytes) {
    bytes = new Uint8Array(readFileSync(goBuild(bases[name])));
    if (name === "elf-object") {
      const [first] = openContainer(bytes)!.members;
      bytes = bytes.slice(first.offset, first.offset + first.size);
    }
    loaded.set(name, bytes);
  }
  return bytes;
}

/** What is wrong with how the readers treat these bytes; "" if nothing. */
function failure(bytes: Uint8Array): string {
  const check = (part: Uint8Array): string[] => {
    try {
      return violations(openExecutable(part));
    } catch (error) {
      if (error instanceof InputError && /^[^\n]+$/.test(error.message)) return [];
      return [String(error instanceof Error ? error.stack : error)];
    }
  };
  try {
    const container = bytes.length > 0 ? openContainer(bytes) : undefined;
    const parts = container?.members.map((m) => bytes.subarray(m.offset, m.offset + m.size)) ?? [bytes];
    return parts.flatMap(check).join("\n");
  } catch (error) {
    return error instanceof InputError ? "" : String(error instanceof Error ? error.stack : error);
  }
}

describe.each(Object.keys(bases))("%s", (name) => {
  const bytes = base(name);
  const container = openContainer(bytes);
  const anatomy = container
    ? anatomyOf({
        bytes,
        sections: container.members.map((m) => ({ offset: m.offset, fileSize: m.size })),
        structure: container.structure,
        tables: [],
      })
    : anatomyOf(openExecutable(bytes));

  const fails = (edits: readonly Edit[]): boolean => failure(applyEdits(bytes, edits)) !== "";

  test("cut at every boundary", () => {
    for (const boundary of anatomy.boundaries) {
      for (const length of [boundary - 1, boundary, boundary + 1]) {
        if (length < 0) continue;
        expect(failure(bytes.slice(0, length)), `cut at ${length}`).toBe("");
      }
    }
  });

  test("mutated", () => {
    for (let seed = 0; seed < MUTATIONS; seed++) {
      const edits = mutation(anatomy, seed);
      if (!fails(edits)) continue;
      const least = minimise(edits, fails);
      expect.fail(`${formatRecipe({ base: name, edits: least })}\n${failure(applyEdits(bytes, least))}`);
    }
  });
});

describe("mutations found earlier", () => {
  const recipes = parseRecipes(readFileSync(CORPUS, "utf8")).filter((r) => Object.hasOwn(bases, r.base));
  test.each(recipes.map((r) => [formatRecipe(r), r] as const))("%s", (_, { base: name, edits }) => {
    expect(failure(applyEdits(base(name), edits))).toBe("");
  });
});
