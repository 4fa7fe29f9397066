// What the go command in force is and knows, asked of it only if it may be another one than the last time.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import type { Answers } from "../schedule/answers.ts";
import type { Digests } from "../schedule/digests.ts";
import type { Look } from "../schedule/look.ts";
import { commandOnPath, rootOfCommand } from "../toolchain/buildinputs.ts";
import type { Environment, GoContext } from "../toolchain/go.ts";
import { goJson } from "../toolchain/gojson.ts";
import { type KnownTarget, knownTargets } from "./target.ts";

const env = z.looseObject({
  GOVERSION: z.string(),
  GOROOT: z.string(),
  GOMODCACHE: z.string(),
  GOCACHE: z.string(),
  GOMOD: z.string(),
  GOWORK: z.string(),
  GOFLAGS: z.string(),
});
const known = z.array(
  z.looseObject({ GOOS: z.string(), GOARCH: z.string(), CgoSupported: z.boolean(), FirstClass: z.boolean() }),
);

export interface GoFacts {
  readonly env: z.infer<typeof env>;
  readonly known: readonly KnownTarget[];
  /** The Go in force, as a fingerprint names it. */
  readonly identity: string;
  /** One value for all that answers of the go command follow from besides files. */
  readonly key: string;
  /** Variables that every build reads, and those that one with C does too. */
  readonly reads: Readonly<Record<string, string>>;
  readonly readsForC: Readonly<Record<string, string>>;
}

/** Variables that go build reads besides those of the target (`go help environment`). */
const READ = /^GO(?:FLAGS|EXPERIMENT|FIPS140|DEBUG|386|AMD64|ARM|ARM64|MIPS|MIPS64|PPC64|RISCV64|WASM)$/;
const READ_FOR_C = /^(?:CC|CXX|AR|FC|PKG_CONFIG|PKG_CONFIG_PATH|GO_EXTLINK_ENABLED|CGO_(?!ENABLED)\w+)$/;
/** Variables that `go env` may answer differently for. */
const ASKED = /^(?:GO\w*|CGO_\w+|CC|CXX|AR|FC|PKG_CONFIG\w*|GCCGO|PATH|HOME|XDG_CONFIG_HOME|USERPROFILE|AppData)$/;
const RELEASED = /^go1\.\d+(?:\.\d+|(?:rc|beta)\d+)?$/;

/** The facts for a directory. Throws ToolFailure without Go. */
export async function goFacts(context: GoContext, answers: Answers): Promise<GoFacts> {
  const { cwd } = context;
  const outside = Object.entries({ ...process.env, ...context.env })
    .filter(([name, value]) => ASKED.test(name) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const command = commandOnPath("go", { ...process.env, ...context.env });
  const root = command === undefined ? undefined : rootOfCommand(command);
  const ask = async () => {
    const answer = await goJson(["env", "-json"], context, (value) => env.parse(value));
    return { answer, looks: looksOf(answer, command, cwd) };
  };
  // a wrapper in Go's place may choose another one for reasons of its own
  const found =
    root === undefined
      ? (await ask()).answer
      : await answers.of(JSON.stringify(["env", 1, command, cwd, outside]), ask, (value) => env.parse(value));
  const { GOVERSION, GOROOT } = found;
  const table = join(GOROOT, "src/internal/platform/zosarch.go");
  const looks: Look[] = [
    ["file", join(GOROOT, "VERSION")],
    ["file", table],
  ];
  const targets = await answers.of(
    JSON.stringify(["targets", 2, GOVERSION, GOROOT]),
    async () => {
      // Go 1.25 and newer compile `go tool dist` first, which takes seconds where nothing is compiled yet
      const read = knownTargets(textOf(table));
      const listed =
        read.length > 0
          ? read
          : await goJson(["tool", "dist", "list", "-json"], context, (value) => known.parse(value));
      return { answer: listed, looks };
    },
    (value) => known.parse(value),
  );
  const identity = RELEASED.test(GOVERSION)
    ? GOVERSION
    : `${GOVERSION} ${["compile", "link", "asm"].map((tool) => toolDigest(found, tool, answers.digests)).join(" ")}`;
  const all = Object.entries(found).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string" && pair[1] !== "",
  );
  const reads = Object.fromEntries(all.filter(([name]) => READ.test(name)));
  const readsForC = Object.fromEntries(all.filter(([name]) => READ_FOR_C.test(name)));
  const { GOMODCACHE, GOMOD, GOWORK } = found;
  const key = createHash("sha256")
    .update(JSON.stringify([identity, GOROOT, GOMODCACHE, GOMOD, GOWORK, reads, readsForC]))
    .digest("hex");
  return { env: found, known: targets, identity, key, reads, readsForC };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function toolDigest({ GOROOT, ...more }: GoFacts["env"], tool: string, digests: Digests): string {
  const directory = typeof more["GOTOOLDIR"] === "string" ? more["GOTOOLDIR"] : join(GOROOT, "pkg/tool");
  return digests.of(join(directory, tool)) ?? "";
}

/** What the answer of `go env` follows from: the command, its settings, and the files that name modules, workspace and Go version. */
function looksOf(
  { GOROOT, GOENV }: z.infer<typeof env> & { GOENV?: unknown },
  command: string | undefined,
  cwd: string,
): Look[] {
  const looks: Look[] = [
    ["file", join(GOROOT, "VERSION")],
    ["file", join(GOROOT, "go.env")],
  ];
  if (command !== undefined) looks.push(["file", command], ["file", join(dirname(dirname(command)), "go.env")]);
  if (typeof GOENV === "string" && GOENV !== "" && GOENV !== "off") looks.push(["file", GOENV]);
  for (let directory = cwd; ; directory = dirname(directory)) {
    looks.push(["file", join(directory, "go.mod")], ["file", join(directory, "go.work")]);
    if (dirname(directory) === directory) return looks;
  }
}

/** The C compilers that a build would use, by what they are. */
export function compilersOf(environment: Environment, { readsForC }: GoFacts, digests: Digests): string[] {
  return ["CC", "CXX"].flatMap((name) => {
    const [word = ""] = (environment[name] ?? readsForC[name] ?? "").split(/\s+/);
    const path = word === "" ? undefined : commandOnPath(word, environment);
    return path === undefined ? [] : [`${word} ${digests.of(path) ?? ""}`];
  });
}
