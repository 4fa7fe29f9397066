// Packages of Linux distributions: what they are called, and what nfpm is told.
import type { PackageFormat, PackagesConfig } from "../config/release.ts";
import type { Target } from "./target.ts";

export interface SystemPackagePlan {
  readonly format: PackageFormat;
  /** File in the output directory. */
  readonly path: string;
  readonly name: string;
  /** In the words of its format. */
  readonly version: string;
  /** As nfpm takes it: Go's, with the level of arm. */
  readonly arch: string;
}

/** What distributions call Go's architectures; where nothing stands, the same. Source: their lists of ports, as nfpm has them. */
const ARCHITECTURES: Readonly<Record<PackageFormat, Readonly<Record<string, string>>>> = {
  deb: {
    "386": "i386",
    arm5: "armel",
    arm6: "armhf",
    arm7: "armhf",
    mipsle: "mipsel",
    mips64le: "mips64el",
    ppc64le: "ppc64el",
  },
  rpm: {
    amd64: "x86_64",
    "386": "i386",
    arm64: "aarch64",
    arm5: "armv5tel",
    arm6: "armv6hl",
    arm7: "armv7hl",
    mipsle: "mipsel",
    mips64le: "mips64el",
    loong64: "loongarch64",
  },
  apk: {
    amd64: "x86_64",
    "386": "x86",
    arm64: "aarch64",
    arm6: "armhf",
    arm7: "armv7",
    loong64: "loongarch64",
  },
};

/** Go's name with the level of arm, which packages tell apart. */
function architecture({ arch, level }: Target): string {
  return arch === "arm" ? `arm${level.slice(0, 1) || "7"}` : arch;
}

/**
 * A version in the words of each format. What comes before a release sorts before it ("~", "_rc1"), commits and changes on top of a tag
 * after it ("+4.gabcdef0", "_git4"). A release without a tag is before everything.
 */
export function packageVersions(version: string): Readonly<Record<PackageFormat, string>> {
  const found =
    /^(?<base>\d+(?:\.\d+)*)(?:-(?<pre>.+?))??(?:-(?<commits>\d+)-g(?<hash>[0-9a-f]{7,40}))?(?<dirty>-dirty)?$/.exec(
      version,
    );
  const { base = "0.0.0", pre = found ? "" : version, commits, hash, dirty } = found?.groups ?? {};
  const before = pre.replaceAll(/[^A-Za-z0-9.]+/g, ".");
  const after = [commits === undefined ? "" : `${commits}.g${hash}`, dirty === undefined ? "" : "dirty"].filter(
    Boolean,
  );
  const debian = `${base}${before === "" ? "" : `~${before}`}${after.length === 0 ? "" : `+${after.join(".")}`}`;
  // apk knows few words, each with a number
  const [, word = "pre", number = ""] = /^(alpha|beta|pre|rc)\.?(\d*)/.exec(before) ?? [];
  const alpine = `${base}${before === "" ? "" : `_${word}${number}`}${commits === undefined ? "" : `_git${commits}`}${dirty === undefined ? "" : "_p1"}`;
  return { deb: debian, rpm: debian, apk: alpine };
}

/** The packages of one program; none but for Linux. `name`: of its build. */
export function systemPackagesOf(
  config: PackagesConfig | undefined,
  name: string,
  target: Target,
  versions: ReturnType<typeof packageVersions>,
): SystemPackagePlan[] {
  if (config === undefined || target.os !== "linux") return [];
  const own = config.name ?? name.toLowerCase().replaceAll(/[^a-z0-9+.-]+/g, "-");
  return [...new Set(config.formats)].map((format) => {
    const arch = architecture(target);
    const shown = ARCHITECTURES[format][arch] ?? arch;
    const version = versions[format];
    const path = format === "rpm" ? `${own}-${version}-1.${shown}.rpm` : `${own}_${version}_${shown}.${format}`;
    return { format, path, name: own, version, arch };
  });
}

/** A file that a package installs. */
export interface Installed {
  /** Absolute path of what is installed. */
  readonly from: string;
  readonly to: string;
  readonly isExecutable: boolean;
  readonly isConfig: boolean;
  readonly sha256: string;
}

/** nfpm's settings for a package. `epoch`: seconds since 1970 that everything in it is dated with. */
export function nfpmSettings(
  { name, version, arch }: SystemPackagePlan,
  { maintainer, description, section, homepage, license, vendor, depends = [] }: PackagesConfig,
  epoch: number,
  files: readonly Installed[],
): object {
  const mtime = new Date(epoch * 1000).toISOString();
  return {
    name,
    version,
    version_schema: "none",
    platform: "linux",
    arch,
    maintainer,
    description,
    ...(section === undefined ? {} : { section }),
    ...(homepage === undefined ? {} : { homepage }),
    ...(license === undefined ? {} : { license }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(depends.length === 0 ? {} : { depends }),
    mtime,
    // the name of the machine that builds would be in it otherwise
    rpm: { buildhost: "localhost" },
    contents: files.map(({ from, to, isExecutable, isConfig }) => ({
      src: from,
      dst: to,
      ...(isConfig ? { type: "config|noreplace" } : {}),
      file_info: { mode: isExecutable ? 0o755 : 0o644, owner: "root", group: "root", mtime },
    })),
  };
}
