// The files of all packages of a build, those too that its tags leave out, with the text that says when they are compiled.
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { COMPILED_FILES } from "./compiledfiles.ts";
import { ToolFailure } from "./failure.ts";
import { type GoContext, listFlags } from "./go.ts";
import { run } from "./process.ts";

export interface ListedFiles {
  readonly path: string;
  /** Of its package clause. */
  readonly name: string;
  /** Path of its module, of what replaces it if something does; "std" for the standard library. */
  readonly module: string;
  /** "" for the main module and the standard library. */
  readonly version: string;
  readonly directory: string;
  /** Go, assembly, C and so on that could be compiled, without tests; sorted. */
  readonly files: readonly string[];
  /** Those of them that are. */
  readonly compiled: ReadonlySet<string>;
}

export interface ListedBuild {
  readonly goos: string;
  readonly goarch: string;
  readonly compiler: string;
  readonly cgo: boolean;
  /** From -tags and GOFLAGS. */
  readonly tags: readonly string[];
  /** Release, experiments, level of the processor. */
  readonly toolTags: readonly string[];
  readonly packages: readonly ListedFiles[];
}

/** What `go list -json` tells of a package; `go help list` describes the fields. */
interface Listed {
  readonly ImportPath: string;
  readonly Name: string;
  readonly Dir: string;
  readonly Standard?: boolean;
  readonly Module?: Module & { readonly Replace?: Module };
  readonly [files: string]: unknown;
}

interface Module {
  readonly Path: string;
  readonly Version?: string;
}

const IGNORED = ["IgnoredGoFiles", "IgnoredOtherFiles"];
const FIELDS = ["ImportPath", "Name", "Dir", "Standard", "Module", ...COMPILED_FILES, ...IGNORED].join(",");

const CONTEXT =
  '{{with context}}{{.GOOS}}\t{{.GOARCH}}\t{{.Compiler}}\t{{.CgoEnabled}}\t{{join .BuildTags " "}}\t{{join .ReleaseTags " "}} {{join .ToolTags " "}}{{end}}';

/** Asks the go command; nothing is compiled. Flags are those of the build. Throws ToolFailure. */
export async function listFiles(pkg: string, flags: readonly string[], context: GoContext): Promise<ListedBuild> {
  const { cwd, guard, env } = context;
  const options = { cwd, guard, ...(env ? { env } : {}) };
  const ask = async (words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run("go", ["list", ...listFlags(flags), ...words], options);
    if (code !== 0) throw new ToolFailure("build-failed", `go list ${pkg} failed:\n${stderr.trim()}`);
    return stdout;
  };
  const [about, listing] = await Promise.all([
    ask(["-f", CONTEXT, "--", "unsafe"]),
    ask(["-deps", `-json=${FIELDS}`, "--", pkg]),
  ]);
  const [goos, goarch, compiler, cgo, tags, toolTags] = about.replace(/\r?\n$/, "").split("\t");
  // one document after the other
  const listed = JSON.parse(`[${listing.replaceAll(/^\}\r?\n\{/gm, "},{")}]`) as Listed[];
  return {
    goos,
    goarch,
    compiler,
    cgo: cgo === "true",
    tags: words(tags),
    toolTags: words(toolTags),
    packages: listed.map((each) => {
      const named = (fields: readonly string[]): string[] =>
        fields.flatMap((field) => (each[field] as string[] | undefined) ?? []);
      const compiled = new Set(named(COMPILED_FILES));
      const files = [...compiled, ...named(IGNORED)].filter((file) => !file.endsWith("_test.go"));
      const module = each.Module?.Replace ?? each.Module;
      return {
        path: each.ImportPath,
        name: each.Name,
        module: each.Standard === true ? "std" : (module?.Path ?? ""),
        version: module?.Version ?? "",
        directory: each.Dir,
        files: [...new Set(files)].sort(),
        compiled,
      };
    }),
  };
}

const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");

/** Constraints stand in front of the package clause: the rest of a file is not read. */
const HEAD = 8 << 10;
/** A longer licence than this has none behind it. */
const MAX_HEAD = 256 << 10;

/** The beginning of a file, up to its first code; "" if it cannot be read. */
export function headOf(directory: string, file: string): string {
  let fd: number;
  try {
    fd = openSync(join(directory, file), "r");
  } catch {
    return "";
  }
  try {
    for (let size = HEAD; ; size *= 4) {
      const bytes = Buffer.alloc(size);
      const read = readSync(fd, bytes, 0, size, 0);
      const text = bytes.toString("utf8", 0, read);
      // a line of its own that begins a declaration, or that no comment is
      if (read < size || size >= MAX_HEAD || /^(?:package|import|func|TEXT|#include)\b/m.test(text)) return text;
    }
  } finally {
    closeSync(fd);
  }
}
