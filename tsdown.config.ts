import { readFileSync } from "node:fs";
import { defineConfig, type UserConfig } from "tsdown";
import { asScripts } from "./scripts/asscripts.ts";

/**
 * What is imported of Node's own modules is taken from them by name: an import of one asks it for everything that it has, and so loads
 * what it would load on demand (streams with node:fs, worker threads with node:crypto), which takes longer than all of `--help`.
 */
const namedBuiltins = {
  name: "named-builtins",
  renderChunk: (code: string): string =>
    code.replace(
      /^import (?:([\w$]+)(?:, )?)?(?:\{([^}]*)\})? from ("node:[\w/]+");$/gm,
      (_, whole: string | undefined, names: string | undefined, from: string) => {
        const module = `process.getBuiltinModule(${from})`;
        const taken = names === undefined ? [] : [`{${names.replaceAll(" as ", ": ")}} = ${whole ?? module}`];
        return `const ${[...(whole === undefined ? [] : [`${whole} = ${module}`]), ...taken].join(", ")};`;
      },
    ),
};

/** Taken into `program`: found as a package it takes ten times as long to load, a tenth of all that a small profile takes. */
const BUNDLED = "commander";

/** It loads what starts processes, for commands that are programs of their own: pare has none. */
const noSubprograms = {
  name: "no-subprograms",
  transform: (code: string, id: string): string | undefined =>
    id.endsWith("/commander/lib/command.js")
      ? code.replace(/^import childProcess from .node:child_process.;$/m, "const childProcess = undefined;")
      : undefined,
};

/**
 * V8 compiles a function from its source each time that a process calls it first. It reads faster what has no comments, and what has no
 * character beyond Latin-1 it keeps in bytes: one arrow in a message makes all of a file twice as long.
 */
const quickToRead = {
  name: "quick-to-read",
  generateBundle(_: unknown, bundle: Record<string, { type: string; code?: string }>): void {
    for (const [name, chunk] of Object.entries(bundle))
      if (name.endsWith(".js") && chunk.code !== undefined)
        chunk.code = chunk.code.replace(
          /[\u0080-\uffff]/g,
          (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
  },
};

/** What a command begins with, each imported dynamically. */
const STARTS = ["ahead", "program", "profile", "engine", "besidework", "progflags", "cacheprog"].map(
  (name) => `src/cli/${name}.ts`,
);

const licences = {
  name: "licences",
  generateBundle(this: { emitFile: (file: { type: "asset"; fileName: string; source: string }) => string }): void {
    const source = readFileSync(new URL(`node_modules/${BUNDLED}/LICENSE`, import.meta.url), "utf8");
    this.emitFile({ type: "asset", fileName: `LICENSE-${BUNDLED}`, source });
  },
};

const common: UserConfig = {
  format: "esm",
  platform: "node",
  target: "node22.18",
  fixedExtension: false,
  hash: false,
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true, legalComments: "none" } },
};

const command: UserConfig = {
  ...common,
  dts: false,
  entry: {
    "cli/main": "src/cli/main.ts",
    "cli/besideworker": "src/cli/besideworker.ts",
    packworker: "src/release/packworker.ts",
    inspectworker: "src/lab/inspectworker.ts",
    wasihost: "src/toolchain/wasihost.ts",
  },
  noExternal: [BUNDLED],
  plugins: [noSubprograms, namedBuiltins, licences, quickToRead, asScripts(STARTS)],
  outputOptions: {
    codeSplitting: {
      // each with all that it imports and none before it has: what begins together is one file, for one takes a quarter of a
      // millisecond to find. `flags` and `prog` are all of a cache program, `ahead` is what comes before what was compiled is read,
      // `program` what --help needs, `beside` the second thread, `core` the library
      groups: [
        { name: "flags", test: /src\/cli\/(?:progflags|failure)\.ts$/ },
        { name: "prog", test: /src\/cli\/cacheprog\.ts$/ },
        { name: "ahead", test: /src\/cli\/ahead\.ts$/ },
        { name: "words", test: /src\/ledger\/(words|nearest)\.ts$/ },
        { name: "beside", test: /src\/(ledger\/beside|toolchain\/inflate)\.ts$/ },
        { name: "core", test: /src\/ledger\/(profile|snapshot|views)\.ts$/ },
        { name: "program", test: /(?:src\/cli\/program\.ts|node_modules\/commander\/.*)$/ },
        { name: "profile", test: /src\/cli\/profile\.ts$/ },
      ].map((group, i) => ({ ...group, name: `main-${group.name}`, priority: 9 - i })),
    },
  },
  // chunks lie flat in dist: a module finds its assets in a folder beside it, here as in src
  copy: ["src/toolchain/linkprobe", "src/toolchain/stubs", "knowledge"],
};

/** Where nothing else is loaded with it: the library, and what loads the command. */
const alone = (entry: Record<string, string>, dts: boolean): UserConfig => ({
  ...common,
  entry,
  dts,
  plugins: [namedBuiltins, quickToRead],
  outputOptions: { codeSplitting: false },
});

export default defineConfig([
  command,
  alone({ index: "src/index.ts" }, true),
  alone({ "cli/compiled": "src/cli/compiled.ts" }, false),
]);
