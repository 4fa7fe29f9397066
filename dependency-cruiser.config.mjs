// The arrows of the design: cli → everything; report → ledger; ledger → linkgraph (the linker's testimony) → binary → nothing.
const FOLDERS = [
  "binary",
  "ledger",
  "linkgraph",
  "buildfiles",
  "advice",
  "explain",
  "report",
  "toolchain",
  "schedule",
  "config",
  "lab",
  "release",
  "symbols",
  "cache",
  "cli",
];

/** Source folders a folder may import from, besides itself. */
const MAY_IMPORT = {
  binary: [],
  ledger: ["binary", "linkgraph"],
  linkgraph: ["binary"],
  buildfiles: [],
  advice: ["buildfiles"],
  explain: ["binary", "ledger", "linkgraph", "advice"],
  report: ["ledger", "explain", "advice", "lab", "release", "symbols", "cache"],
  toolchain: ["binary", "ledger", "linkgraph", "buildfiles", "advice"],
  schedule: ["toolchain"],
  config: ["ledger", "advice"],
  release: ["binary", "ledger", "toolchain", "schedule", "config", "symbols"],
  symbols: ["binary", "toolchain"],
  cache: ["toolchain"],
  lab: ["ledger", "linkgraph", "toolchain", "schedule", "advice", "config"],
};

const PURE = "^src/(binary|ledger|linkgraph|buildfiles|advice|explain)/";

const arrows = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `arrow-${folder}`,
  comment: `src/${folder} may import from: ${["itself", ...allowed].join(", ")}`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: `^src/`, pathNot: `^src/(${[folder, ...allowed].join("|")})/` },
}));

export default {
  forbidden: [
    ...arrows,
    {
      name: "known-folder",
      comment: "a new folder under src/ needs its arrows written here first",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: `^src/(${FOLDERS.join("|")})/` },
      to: {},
    },
    {
      name: "cli-is-the-top",
      comment: "nothing imports the command line",
      severity: "error",
      from: { pathNot: "^src/cli/|^test/cli/" },
      to: { path: "^src/cli/" },
    },
    {
      name: "pure-no-node",
      comment: "pure folders run in a browser tab: bytes in, values out",
      severity: "error",
      from: { path: PURE },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "pure-no-packages",
      comment: "pure folders need no package; zod, which is pure too, states the schema, and yaml is read by one file",
      severity: "error",
      from: { path: PURE, pathNot: "^src/buildfiles/yaml" },
      to: {
        dependencyTypes: ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-no-pkg", "npm-unknown"],
        pathNot: "^node_modules/zod/",
      },
    },
    {
      name: "processes-in-toolchain",
      comment: "only src/toolchain starts processes",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/toolchain/" },
      to: { path: "^(node:)?child_process$" },
    },
    {
      name: "no-cycle",
      comment: "types may point both ways, code may not",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-dev-package",
      comment: "published code imports published packages only; commander is published in it",
      severity: "error",
      from: { path: "^src/" },
      to: {
        dependencyTypes: ["npm-dev"],
        dependencyTypesNot: ["type-only"],
        pathNot: "(?:^|/)node_modules/commander/",
      },
    },
    { name: "source-not-test", severity: "error", from: { path: "^src/" }, to: { path: "^(test|bench|scripts)/" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|test/fixtures)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    moduleSystems: ["es6"],
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
