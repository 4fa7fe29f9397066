import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes longest goes first, so that the other worker is busy to the end. */
const FIRST = [
  "test/fuzz.test.ts",
  "test/release/release.test.ts",
  "test/cli/revisions.test.ts",
  "test/cli/lab.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = FIRST.findIndex((name) => moduleId.endsWith(name));
      return place < 0 ? FIRST.length : place;
    };
    return (await super.sort(specifications)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Go compiles in tests: a cold fixture takes seconds on a small machine, an old toolchain downloads first.
    testTimeout: 120_000,
    hookTimeout: 600_000,
    pool: "forks",
    maxWorkers: 2,
    maxConcurrency: 2,
    sequence: { sequencer: LongestFirst },
    env: { LC_ALL: "C", TZ: "UTC", NO_COLOR: "1" },
  },
});
