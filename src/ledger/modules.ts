// Package → module: longest prefix over the modules of the build information, the standard library by its roots.
import type { BuildInfo, ModuleRef } from "../binary/go/buildinfo.ts";

/**
 * main: the module that was built. direct / indirect: as go.mod says; dependency: go.mod was not at hand. std: the standard
 * library and its vendored packages. C: code that Go did not compile. unknown: no module of the build information has it.
 */
export const ROLES = ["main", "direct", "indirect", "dependency", "std", "C", "unknown"] as const;
export type Role = (typeof ROLES)[number];

export interface Module {
  readonly path: string;
  /** "" if the file does not tell; "(devel)" for a module built from its own directory. */
  readonly version: string;
  readonly role: Role;
  readonly replace?: { readonly path: string; readonly version: string };
}

/** What the module table needs to know of a program. */
export interface ModuleFacts {
  readonly buildInfo?: BuildInfo | undefined;
  readonly goVersion: string;
  readonly garbled: boolean;
  /** Text of the main module's go.mod, if it is at hand. */
  readonly goMod?: string | undefined;
}

/** The package name under which claimants book code that no Go package owns. */
const C_PACKAGE = "C";

/** First path elements of the standard library (GOROOT/src), so that a program without build information can be told apart from it. */
const STD_ROOTS = new Set(
  `archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt
  go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime simd slices sort strconv
  strings structs sync syscall testing text time type unicode unique unsafe uuid vendor weak`.split(/\s+/),
);

/** Returns the function that maps an import path to its module; the same module is always the same object. */
export function moduleTable(facts: ModuleFacts): (pkg: string) => Module {
  const { buildInfo } = facts;
  const std: Module = { path: "std", version: facts.goVersion, role: "std" };
  const c: Module = { path: "C", version: "", role: "C" };
  const inGoMod = facts.goMod === undefined ? undefined : parseGoMod(facts.goMod).require;
  const known = new Map<string, Module>();
  for (const dep of buildInfo?.deps ?? []) {
    const line = inGoMod?.get(dep.path);
    // A module that go.mod does not list is one that graph pruning leaves out: indirect.
    const role = inGoMod === undefined ? "dependency" : line === undefined || line.indirect ? "indirect" : "direct";
    known.set(dep.path, moduleOf(dep, role));
  }
  const main = mainModule(buildInfo, facts.goVersion);
  if (main) known.set(main.path, main);
  const anonymous: Module = main ?? { path: "main", version: "", role: "main" };
  const guessed = new Map<string, Module>();

  const guess = (path: string): Module => {
    let module = guessed.get(path);
    if (!module) guessed.set(path, (module = { path, version: "", role: "unknown" }));
    return module;
  };

  return (pkg) => {
    if (pkg === C_PACKAGE || pkg === "runtime/cgo(C)") return c;
    if (pkg === "main" || pkg === "main_test" || pkg === "command-line-arguments") return anonymous;
    const found = longestPrefix(known, pkg) ?? (pkg.endsWith("_test") ? known.get(pkg.slice(0, -5)) : undefined);
    if (found) return found;
    const first = pkg.slice(0, (pkg + "/").indexOf("/"));
    if (!first.includes(".")) {
      if (STD_ROOTS.has(first.replace(/_test$/, ""))) return std;
      // Every package of a module is listed under it, so what has no module and no host name is a standard package newer than our list.
      if (buildInfo !== undefined && buildInfo.path !== "" && !facts.garbled && first !== "cmd") return std;
    }
    if (facts.garbled && !first.includes(".")) return guess("(obfuscated)");
    return guess(repositoryOf(pkg));
  };
}

function moduleOf(ref: ModuleRef, role: Role): Module {
  const { replace } = ref;
  return {
    path: ref.path,
    version: ref.version,
    role,
    ...(replace && { replace: { path: replace.path, version: replace.version } }),
  };
}

/** The programs of the Go distribution name no module: they are built from the modules std and cmd themselves. */
function mainModule(buildInfo: BuildInfo | undefined, goVersion: string): Module | undefined {
  if (!buildInfo) return undefined;
  if (buildInfo.main && buildInfo.main.path !== "std") return moduleOf(buildInfo.main, "main");
  if (buildInfo.path.startsWith("cmd/")) return { path: "cmd", version: goVersion, role: "main" };
  return undefined;
}

function longestPrefix(known: ReadonlyMap<string, Module>, pkg: string): Module | undefined {
  for (let end = pkg.length; end > 0; end = pkg.lastIndexOf("/", end - 1)) {
    const module = known.get(pkg.slice(0, end));
    if (module) return module;
  }
  return undefined;
}

/** The shape of a repository's path on the well-known hosts, for files that carry no module list. */
function repositoryOf(pkg: string): string {
  const vendored = pkg.lastIndexOf("/vendor/");
  const path = vendored >= 0 ? pkg.slice(vendored + "/vendor/".length) : pkg;
  const parts = path.split("/");
  if (!parts[0].includes(".")) return parts[0];
  let depth = 2;
  if (/^(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|golang\.org|gitee\.com)$/.test(parts[0])) depth = 3;
  if (parts[0] === "gopkg.in" && !/\.v\d+$/.test(parts[1] ?? "")) depth = 3;
  if (depth < parts.length && /^v\d+$/.test(parts[depth])) depth++;
  return parts.slice(0, depth).join("/");
}

export interface GoMod {
  readonly module: string;
  readonly require: ReadonlyMap<string, { readonly version: string; readonly indirect: boolean }>;
}

/** Reads the module line and the requirements of a go.mod file (https://go.dev/ref/mod#go-mod-file); other directives are skipped. */
export function parseGoMod(source: string): GoMod {
  const require = new Map<string, { version: string; indirect: boolean }>();
  let module = "";
  let block = "";
  for (const raw of source.split("\n")) {
    const comment = raw.indexOf("//");
    const words = (comment < 0 ? raw : raw.slice(0, comment)).trim().split(/\s+/).filter(Boolean).map(unquote);
    if (words.length === 0) continue;
    if (block === "" && (words[1] === "(" || words[0].endsWith("("))) {
      block = words[0].replace(/\($/, "");
      continue;
    }
    if (words[0] === ")") {
      block = "";
      continue;
    }
    const [verb, ...rest] = block === "" ? words : [block, ...words];
    if (verb === "module") module = rest[0] ?? "";
    else if (verb === "require" && rest.length >= 2) {
      const indirect = comment >= 0 && /^\/\/\s*indirect(?:;|\s|$)/.test(raw.slice(comment));
      require.set(rest[0], { version: rest[1], indirect });
    }
  }
  return { module, require };
}

function unquote(word: string): string {
  return /^(["`]).*\1$/.test(word) ? word.slice(1, -1) : word;
}
