import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Go compiles in tests: a cold fixture takes seconds on a small machine, an old toolchain downloads first.
    testTimeout: 120_000,
    hookTimeout: 600_000,
    pool: "forks",
    maxWorkers: 2,
    maxConcurrency: 2,
    env: { LC_ALL: "C", TZ: "UTC", NO_COLOR: "1" },
  },
});
