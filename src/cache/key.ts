// Keys under which CI saves Go's two caches: everything that decides whether what is in them can be used.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative } from "node:path";

/** What `go env` says, as far as build actions depend on it. */
export const KEY_VARIABLES = [
  "GOVERSION",
  "GOOS",
  "GOARCH",
  "CGO_ENABLED",
  "GOFLAGS",
  "GOEXPERIMENT",
  "GOFIPS140",
  "GO386",
  "GOAMD64",
  "GOARM",
  "GOARM64",
  "GOMIPS",
  "GOMIPS64",
  "GOPPC64",
  "GORISCV64",
  "GOWASM",
] as const;

/** What counts besides where C is compiled. */
export const CGO_VARIABLES = ["CC", "CXX", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"] as const;

export interface Key {
  readonly key: string;
  /** Prefixes to restore from, best first: keys of older builds that are still of use. */
  readonly restore: readonly string[];
}

export interface Keys {
  readonly build: Key;
  readonly modules: Key;
}

/**
 * Keys of the build cache (system, Go version, settings and flags, then modules) and of the module cache (modules alone: sources are
 * the same everywhere). `flags` are those of `go build`.
 */
export function cacheKeys(env: Readonly<Record<string, string>>, flags: readonly string[], sums: string): Keys {
  const names = [...KEY_VARIABLES, ...(env.CGO_ENABLED === "1" ? CGO_VARIABLES : [])].sort();
  const settings = names
    .filter((name) => !["GOVERSION", "GOOS", "GOARCH"].includes(name))
    .map((name) => `${name}=${env[name] ?? ""}`);
  const how = short([...settings, ...flags].join("\n"));
  const system = `${env.GOOS}-${env.GOARCH}-${env.GOVERSION}`;
  return {
    build: {
      key: `go-build-${system}-${how}-${sums}`,
      restore: [`go-build-${system}-${how}-`, `go-build-${system}-`],
    },
    modules: { key: `go-mod-${sums}`, restore: ["go-mod-"] },
  };
}

const short = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** The files that pin modules: go.sum beside go.mod, go.work.sum of a workspace. */
export function sumFiles(env: Readonly<Record<string, string>>): string[] {
  const out: string[] = [];
  if (env.GOWORK && env.GOWORK !== "off") out.push(env.GOWORK.replace(/\.work$/, ".work.sum"));
  if (env.GOMOD && env.GOMOD !== "/dev/null" && env.GOMOD !== "NUL") out.push(join(dirname(env.GOMOD), "go.sum"));
  return out.filter((file) => existsSync(file));
}

/** A hash of their content; "none" for a module without dependencies. */
export function hashOfSums(files: readonly string[]): string {
  if (files.length === 0) return "none";
  return short(files.map((file) => readFileSync(file, "utf8")).join("\n"));
}

/** A path as every user has it: the workflow runs in another home than this one. */
function portable(path: string): string {
  const way = relative(homedir(), path);
  return way.startsWith("..") || isAbsolute(way) ? path : `~/${way.replaceAll("\\", "/")}`;
}

/** Steps of a workflow that save and restore both, with expressions where a run decides. */
export function githubSteps(env: Readonly<Record<string, string>>, keys: Keys): string {
  const sums = "${{ hashFiles('**/go.sum', '**/go.work.sum') }}";
  const [first] = keys.build.restore;
  const restore = keys.build.restore.map((prefix) => `      ${prefix}`).join("\n");
  return `- uses: actions/cache@v4
  with:
    path: ${portable(env.GOMODCACHE)}
    key: go-mod-${sums}
    restore-keys: go-mod-
- uses: actions/cache@v4
  with:
    path: ${portable(env.GOCACHE)}
    # a cache is never written twice under one key: the commit makes each run's its own
    key: ${first}${sums}-\${{ github.sha }}
    restore-keys: |
      ${first}${sums}-
${restore}
`;
}
