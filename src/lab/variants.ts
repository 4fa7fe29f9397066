// Every way to build a program that the lab knows, as data: what to add, to which variant, at what price, and where it makes sense.
import { addFlags, type Added, flagValue, quotedWords } from "../toolchain/goflags.ts";
import type { Group, Target, Variant } from "./model.ts";

/** What decides which variants make sense, and what their flags are added to. */
export interface LabFacts {
  /** Flags of `go build` as the user gave them. */
  readonly flags: readonly string[];
  /** GOFLAGS in force. */
  readonly goflags: string;
  /** What chooses the target, if it is not the go command's own choice. */
  readonly env: Readonly<Record<string, string>>;
  readonly target: Target;
  readonly host: Target;
  /** Whether the go command would use C here. */
  readonly cgo: boolean;
  /** Value in force of GOAMD64, GOARM64, GOARM …; "" where the processor has none. */
  readonly cpu: string;
  /** Import paths of all packages of the build. */
  readonly packages: ReadonlySet<string>;
  /** The module has a vendor directory. */
  readonly vendor: boolean;
}

/** What an entry adds to the variant that it starts from. */
interface Entry extends Added {
  readonly name: string;
  readonly group: Group;
  readonly from: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly target?: Target;
  readonly tool?: "go" | "tinygo";
  readonly pack?: Omit<NonNullable<Variant["pack"]>, "of">;
  readonly price: string;
  readonly unsafe?: string;
  readonly refused?: string;
  readonly onRequest?: string;
  readonly when?: (facts: LabFacts) => boolean;
}

/** The user's own build, which every other one is compared with. */
export const DEFAULT = "default";
/** What the other variants start from: what one ships anyway. */
export const RELEASE = "release";

const isHost = ({ target, host }: LabFacts): boolean => target.GOOS === host.GOOS && target.GOARCH === host.GOARCH;
const isWasm = ({ target }: LabFacts): boolean => target.GOARCH === "wasm";
const isNative = (facts: LabFacts): boolean => !isWasm(facts);

/** Targets of `-buildmode=pie` with the internal linker (internal/platform, BuildModeSupported). Elsewhere programs are PIE anyway, or never. */
const PIE = new Set([
  "linux/amd64",
  "linux/arm64",
  "linux/386",
  "linux/arm",
  "linux/riscv64",
  "linux/s390x",
  "linux/ppc64le",
  "linux/loong64",
  "freebsd/amd64",
]);

/** Settings of each processor, lowest first, and whether code for a higher one fails on lower ones (go help environment). */
const CPUS: Readonly<Record<string, { name: string; values: readonly string[] }>> = {
  amd64: { name: "GOAMD64", values: ["v1", "v2", "v3", "v4"] },
  arm64: { name: "GOARM64", values: ["v8.0", "v8.0,lse", "v9.0"] },
  arm: { name: "GOARM", values: ["5", "6", "7"] },
  "386": { name: "GO386", values: ["sse2", "softfloat"] },
  riscv64: { name: "GORISCV64", values: ["rva20u64", "rva22u64", "rva23u64"] },
};

/** The variable that chooses a processor's level, and its levels. */
export const cpuOf = (goarch: string): { name: string; values: readonly string[] } | undefined => CPUS[goarch];

const SLOW = "takes minutes";
const STRIP = "no debugger, no go tool nm; traces and pprof stay";
const UPX_PRICE = "slower start, its memory is never shared, alarms virus scanners";

const upx = (args: string, onRequest?: string): Entry => ({
  name: `upx ${args}`,
  group: "upx",
  from: RELEASE,
  pack: { tool: "upx", args: args.split(" ") },
  price: UPX_PRICE,
  // other formats are tried: its own refusal says why not
  when: isNative,
  ...(onRequest === undefined ? {} : { onRequest }),
});

const wasm = (goos: "js" | "wasip1"): Entry[] => {
  const name = `${goos}/wasm`;
  const here = ({ target }: LabFacts): boolean => target.GOOS === goos;
  return [
    {
      name,
      group: "wasm",
      from: RELEASE,
      env: { GOOS: goos, GOARCH: "wasm", CGO_ENABLED: "0" },
      target: { GOOS: goos, GOARCH: "wasm" },
      price: "another platform: one thread, no sockets of its own",
      onRequest: "another platform",
      when: (facts) => !here(facts),
    },
    {
      name: `${name} wasm-opt`,
      group: "wasm",
      from: name,
      pack: { tool: "wasm-opt", args: WASM_OPT },
      target: { GOOS: goos, GOARCH: "wasm" },
      price: "time to optimise; compressed it may even grow",
      onRequest: "another platform",
      when: (facts) => !here(facts),
    },
    {
      name: "wasm-opt",
      group: "wasm",
      from: RELEASE,
      pack: { tool: "wasm-opt", args: WASM_OPT },
      price: "time to optimise; compressed it may even grow",
      when: here,
    },
  ];
};

/** Go's wasm uses these extensions of the first version (cmd/link/internal/wasm, GOWASM). */
const WASM_OPT = ["-Oz", "--enable-bulk-memory", "--enable-sign-ext", "--enable-nontrapping-float-to-int"];

const ENTRIES: readonly Entry[] = [
  { name: "-w", group: "release", from: DEFAULT, ldflags: "-w", price: "no debugger" },
  { name: "-s -w", group: "release", from: DEFAULT, ldflags: "-s -w", price: STRIP },
  {
    name: RELEASE,
    group: "release",
    from: "-s -w",
    ldflags: "-buildid=",
    more: ["-trimpath", "-buildvcs=false"],
    price: "no paths of this machine in traces, no revision, no build ID",
  },
  {
    name: "CGO_ENABLED=0",
    group: "cgo",
    from: RELEASE,
    env: { CGO_ENABLED: "0" },
    price: "Go's own DNS resolver and user lookup, no C libraries",
    when: ({ cgo }) => cgo,
  },
  {
    name: "CGO_ENABLED=1",
    group: "cgo",
    from: RELEASE,
    env: { CGO_ENABLED: "1" },
    price: "needs a C compiler, and its C library where it runs",
    when: (facts) => !facts.cgo && isHost(facts),
  },
  {
    name: "pie",
    group: "pie",
    from: RELEASE,
    more: ["-buildmode=pie"],
    price: "larger; in return addresses are random",
    when: ({ target }) => PIE.has(`${target.GOOS}/${target.GOARCH}`),
  },
  {
    // what a server wants of both
    name: "CGO_ENABLED=0 pie",
    group: "pie",
    from: "CGO_ENABLED=0",
    more: ["-buildmode=pie"],
    price: "larger; in return addresses are random",
    when: ({ cgo, target }) => cgo && PIE.has(`${target.GOOS}/${target.GOARCH}`),
  },
  {
    name: "no inlining",
    group: "inlining",
    from: RELEASE,
    more: ["-gcflags=all=-l"],
    price: "slower code",
  },
  {
    name: "tag nethttpomithttp2",
    group: "tags",
    from: RELEASE,
    tags: ["nethttpomithttp2"],
    price: "no HTTP/2 in net/http, neither client nor server",
    when: ({ packages }) => packages.has("net/http"),
  },
  {
    name: "tag timetzdata",
    group: "tags",
    from: RELEASE,
    tags: ["timetzdata"],
    price: "larger; in return time zones need no files",
    when: ({ packages }) => packages.has("time") && !packages.has("time/tzdata"),
  },
  {
    name: "-mod=vendor",
    group: "vendor",
    from: RELEASE,
    more: ["-mod=vendor"],
    price: "",
    when: ({ vendor }) => vendor,
  },
  {
    name: "no bounds checks",
    group: "unsafe",
    from: RELEASE,
    more: ["-gcflags=all=-B"],
    price: "memory corruption instead of a panic",
    unsafe: "an index out of range corrupts memory instead of panicking",
    onRequest: "never recommended",
  },
  {
    name: "no write barriers",
    group: "unsafe",
    from: RELEASE,
    more: ["-gcflags=all=-wb=false"],
    price: "a broken garbage collector",
    unsafe: "the garbage collector frees what is in use",
    refused: "-wb=false breaks the garbage collector: the program would corrupt its memory",
  },
  upx("-1"),
  upx("-5"),
  upx("-9"),
  upx("--best --lzma"),
  upx("--best", SLOW),
  upx("--brute", SLOW),
  ...wasm("js"),
  ...wasm("wasip1"),
  {
    name: "tinygo",
    group: "tinygo",
    from: DEFAULT,
    tool: "tinygo",
    price: "a part of reflection and of the standard library is missing",
    when: isNative,
  },
  {
    name: "tinygo -opt=z",
    group: "tinygo",
    from: "tinygo",
    tool: "tinygo",
    more: ["-opt=z", "-no-debug", "-panic=trap"],
    price: "a part of reflection and of the standard library is missing; a panic says nothing",
    when: isNative,
  },
  {
    name: "tinygo wasm",
    group: "tinygo",
    from: DEFAULT,
    tool: "tinygo",
    more: ["-target=wasm", "-opt=z", "-no-debug"],
    target: { GOOS: "js", GOARCH: "wasm" },
    price: "another platform; a part of reflection and of the standard library is missing",
  },
];

/** All variants for a program, each behind the one that it starts from. What the user's own flags do already is not done twice. */
export function labVariants(facts: LabFacts): Variant[] {
  const first: Variant = {
    name: DEFAULT,
    group: "release",
    tool: "go",
    flags: facts.flags,
    env: facts.env,
    from: null,
    price: "",
  };
  const out = [first];
  /** Which variant an entry became. */
  const became = new Map<string, Variant>([[DEFAULT, first]]);
  for (const entry of [...ENTRIES.slice(0, CPU_AT), ...cpuEntries(facts), ...ENTRIES.slice(CPU_AT)]) {
    const from = became.get(entry.from);
    if (from === undefined || entry.when?.(facts) === false) continue;
    const made = variantOf(entry, from, facts);
    const same = out.find((other) => recipe(other) === recipe(made));
    if (same === undefined) out.push(made);
    became.set(entry.name, same ?? made);
  }
  return out;
}

/** What is done, without what it is called. */
const recipe = ({ tool, flags, env, pack, refused }: Variant): string =>
  JSON.stringify([tool, flags.toSorted(), Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1)), pack, refused]);

/** Processors come before what changes the program. */
const CPU_AT = ENTRIES.findIndex(({ group }) => group === "inlining");

function cpuEntries({ target, cpu }: LabFacts): Entry[] {
  const known = cpuOf(target.GOARCH);
  if (known === undefined) return [];
  return known.values
    .filter((value) => value !== cpu)
    .map((value) => ({
      name: `${known.name}=${value}`,
      group: "cpu" as const,
      from: RELEASE,
      env: { [known.name]: value },
      price: known.values.indexOf(value) > known.values.indexOf(cpu) ? "does not start on older processors" : "",
    }));
}

/** What a variant of another file (pare.yaml, tag discovery) adds. */
export interface More extends Added {
  readonly env?: Readonly<Record<string, string>>;
  readonly price?: string;
}

/** A variant that adds to another of the same lab. */
export function derived(name: string, group: Group, from: Variant, more: More, goflags: string): Variant {
  const { env, price = "", ...added } = more;
  const tags = [...new Set([...(from.tags ?? []), ...(added.tags ?? [])])];
  const { pack: _, ...rest } = from;
  return {
    ...rest,
    name,
    group,
    flags: addFlags(from.flags, goflags, added),
    env: { ...from.env, ...env },
    from: from.name,
    price,
    ...(tags.length > 0 ? { tags } : {}),
  };
}

function variantOf(entry: Entry, from: Variant, facts: LabFacts): Variant {
  const { name, group, tool = from.tool, pack, target, unsafe, refused, onRequest } = entry;
  // TinyGo does not know most flags of go: only tags are the user's own there
  const base = tool === from.tool ? from : { ...from, flags: ownTags(facts) };
  return {
    ...derived(name, group, base, entry, tool === "go" ? facts.goflags : ""),
    tool,
    ...(pack ? { pack: { ...pack, of: from.name } } : {}),
    ...(target ? { target } : {}),
    ...(unsafe === undefined ? {} : { unsafe }),
    ...(refused === undefined ? {} : { refused }),
    ...(onRequest === undefined ? {} : { onRequest }),
  };
}

function ownTags({ flags, goflags }: LabFacts): string[] {
  const tags = flagValue("tags", [...quotedWords(goflags), ...flags]);
  return tags === undefined ? [] : [`-tags=${tags}`];
}
