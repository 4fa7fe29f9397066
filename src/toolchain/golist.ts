// All packages of a build, as the go command sees them.
import { writeFileSync } from "node:fs";
import { type Environment, type GoContext } from "./go.ts";
import { ToolFailure } from "./failure.ts";
import { run } from "./process.ts";

/** What `go list -json` tells of a package; `go help list` describes the fields. */
export interface Listed {
  readonly ImportPath: string;
  readonly Name: string;
  readonly Dir: string;
  readonly Standard?: boolean;
  /** Absent for the packages that were asked for. */
  readonly DepOnly?: boolean;
  readonly EmbedFiles?: readonly string[];
  readonly Module?: ListedModule & { readonly Main?: boolean; readonly Replace?: ListedModule };
}

interface ListedModule {
  readonly Path: string;
  readonly Version?: string;
  readonly Dir?: string;
  /** Its go.mod; one that the go command made up lies elsewhere than the module. */
  readonly GoMod?: string;
}

/** All that stubs need to know, too. */
const FIELDS = [
  "ImportPath,Name,Dir,Standard,DepOnly,EmbedFiles,Module,Export,Imports,ImportMap",
  "GoFiles,CgoFiles,CompiledGoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles,SwigCXXFiles,SysoFiles",
].join(",");

/** Flags of `go build` that mean something else to `go list`, or only make it talk or work more. */
const NOT_FOR_LIST = /^--?(?:json|a|v|x|work)$/;

/**
 * Lists a package and all that it is built of, with export data from the build cache; writes the answer to a file too, one JSON document
 * a package. Flags are those of the build: export data is the build's own. Throws build-failed with Go's own message.
 */
export async function listBuild(
  pkg: string,
  flags: readonly string[],
  file: string,
  context: GoContext & { readonly scratch: string },
): Promise<Listed[]> {
  const words = flags.filter((flag) => !NOT_FOR_LIST.test(flag));
  const env: Environment = { ...context.env, GOTMPDIR: context.scratch };
  const args = ["list", ...words, "-deps", "-export", "-compiled", `-json=${FIELDS}`, "--", pkg];
  const { code, stdout, stderr } = await run("go", args, { cwd: context.cwd, env, guard: context.guard });
  if (code !== 0) throw new ToolFailure("build-failed", `go build ${pkg} failed:\n${stderr.trim()}`);
  writeFileSync(file, stdout);
  // one document after the other
  return JSON.parse(`[${stdout.replaceAll(/^\}\r?\n\{/gm, "},{")}]`) as Listed[];
}
