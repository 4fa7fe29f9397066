import { defineConfig } from "tsdown";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "cli/main": "src/cli/main.ts",
    "cli/besideworker": "src/cli/besideworker.ts",
    packworker: "src/release/packworker.ts",
    inspectworker: "src/lab/inspectworker.ts",
    wasihost: "src/toolchain/wasihost.ts",
  },
  format: "esm",
  platform: "node",
  target: "node22.18",
  dts: true,
  clean: true,
  fixedExtension: false,
  hash: false,
  // chunks lie flat in dist: a module finds its assets in a folder beside it, here as in src
  copy: ["src/toolchain/linkprobe", "src/toolchain/stubs", "knowledge"],
});
