// What a program is built for: linux/amd64/v3, linux/arm/7, js/wasm, and darwin/* for all that Go knows of one system.
// Specification of the variables: `go help environment`, architecture-specific environment variables.

/** A pair that the go command knows, as `go tool dist list -json` tells it. */
export interface KnownTarget {
  readonly GOOS: string;
  readonly GOARCH: string;
  readonly CgoSupported: boolean;
  readonly FirstClass: boolean;
}

export interface Target {
  readonly os: string;
  readonly arch: string;
  /** Value of the architecture's own variable: "v3", "7"; "" for Go's default. */
  readonly level: string;
}

interface Levels {
  readonly variable: string;
  readonly values: RegExp;
  readonly shown: string;
}

/** The variable that refines an architecture, and what it may hold (GOROOT/src/internal/buildcfg/cfg.go). */
const LEVELS: Readonly<Record<string, Levels>> = {
  "386": { variable: "GO386", values: /^(?:sse2|softfloat)$/, shown: "sse2, softfloat" },
  amd64: { variable: "GOAMD64", values: /^v[1-4]$/, shown: "v1 to v4" },
  arm: {
    variable: "GOARM",
    values: /^[567](?:,(?:soft|hard)float)?$/,
    shown: "5, 6, 7; with ,softfloat or ,hardfloat",
  },
  arm64: {
    variable: "GOARM64",
    values: /^v(?:8\.[0-9]|9\.[0-5])(?:,(?:lse|crypto))*$/,
    shown: "v8.0 to v9.5; with ,lse or ,crypto",
  },
  mips: { variable: "GOMIPS", values: /^(?:hard|soft)float$/, shown: "hardfloat, softfloat" },
  mipsle: { variable: "GOMIPS", values: /^(?:hard|soft)float$/, shown: "hardfloat, softfloat" },
  mips64: { variable: "GOMIPS64", values: /^(?:hard|soft)float$/, shown: "hardfloat, softfloat" },
  mips64le: { variable: "GOMIPS64", values: /^(?:hard|soft)float$/, shown: "hardfloat, softfloat" },
  ppc64: { variable: "GOPPC64", values: /^power(?:8|9|10)$/, shown: "power8, power9, power10" },
  ppc64le: { variable: "GOPPC64", values: /^power(?:8|9|10)$/, shown: "power8, power9, power10" },
  riscv64: { variable: "GORISCV64", values: /^rva(?:20|22|23)u64$/, shown: "rva20u64, rva22u64, rva23u64" },
  wasm: { variable: "GOWASM", values: /^(?:satconv|signext)(?:,(?:satconv|signext))*$/, shown: "satconv, signext" },
};

/**
 * The pairs of Go's own table (GOROOT/src/internal/platform/zosarch.go, since Go 1.21), as `go tool dist list` prints them: without those
 * that are known to be broken. Empty if it is written otherwise.
 */
export function knownTargets(source: string): KnownTarget[] {
  const rows = source.matchAll(/^\t\{"(\w+)", "(\w+)"\}:\s*\{([^}\n]*)\},$/gm);
  return [...rows]
    .filter(([, , , facts]) => !/\bBroken: true\b/.test(facts))
    .map(([, GOOS, GOARCH, facts]) => ({
      GOOS,
      GOARCH,
      CgoSupported: /\bCgoSupported: true\b/.test(facts),
      FirstClass: /\bFirstClass: true\b/.test(facts),
    }));
}

/** A target that cannot be meant; the message says why. */
export class TargetError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TargetError";
  }
}

/** What a text names, in the order of the known ones. Throws TargetError. */
export function parseTarget(text: string, known: readonly KnownTarget[]): Target[] {
  const [os = "", arch = "", level = "", ...more] = text.split("/");
  if (os === "" || arch === "" || more.length > 0 || (text.split("/").length === 3 && level === ""))
    throw new TargetError(`${text} is no target: write GOOS/GOARCH, GOOS/GOARCH/LEVEL or GOOS/*`);
  const ofSystem = known.filter((pair) => pair.GOOS === os);
  if (ofSystem.length === 0)
    throw new TargetError(
      `Go knows no system ${os}${nearby(
        os,
        known.map((pair) => pair.GOOS),
      )}`,
    );
  if (arch === "*") {
    if (level !== "") throw new TargetError(`${text}: a level goes with one architecture, not with all`);
    return ofSystem.map(({ GOARCH }) => ({ os, arch: GOARCH, level: "" }));
  }
  if (!ofSystem.some((pair) => pair.GOARCH === arch))
    throw new TargetError(
      `Go knows no ${os}/${arch}; ${os} goes with ${ofSystem.map((pair) => pair.GOARCH).join(", ")}`,
    );
  if (level !== "") checkLevel(text, arch, level);
  return [{ os, arch, level }];
}

function checkLevel(text: string, arch: string, level: string): void {
  const levels = LEVELS[arch];
  if (levels === undefined) throw new TargetError(`${text}: ${arch} has no levels`);
  if (!levels.values.test(level)) throw new TargetError(`${text}: ${levels.variable} is none of ${levels.shown}`);
}

function nearby(word: string, all: readonly string[]): string {
  const found = [...new Set(all)].find((each) => each.startsWith(word.slice(0, 3)) && word.length > 2);
  return found === undefined ? `; see go tool dist list` : ` (Did you mean ${found}?)`;
}

export function targetName({ os, arch, level }: Target): string {
  return level === "" ? `${os}/${arch}` : `${os}/${arch}/${level}`;
}

/** Its part of a file's name: linux_amd64, linux_armv7, linux_amd64_v3. */
export function targetSlug({ os, arch, level }: Target): string {
  if (level === "") return `${os}_${arch}`;
  const word = level.replaceAll(/[^A-Za-z0-9.]+/g, "_");
  return arch === "arm" ? `${os}_armv${word}` : `${os}_${arch}_${word}`;
}

/** What the environment must say for it. */
export function targetEnv({ os, arch, level }: Target): Record<string, string> {
  const variable = LEVELS[arch]?.variable;
  return { GOOS: os, GOARCH: arch, ...(level === "" || variable === undefined ? {} : { [variable]: level }) };
}

/** The file name of a program that the go command would give it on that system. */
export function executableName(name: string, { os, arch }: Target): string {
  if (os === "windows") return `${name}.exe`;
  return arch === "wasm" ? `${name}.wasm` : name;
}
