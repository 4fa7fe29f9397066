// Hand-made profiles: a ledger from rows, with the facts beside it that a test cares about.
import { type Executable, emptyRelocations, emptySymbols } from "../../src/binary/executable.ts";
import { EVIDENCE, type Evidence, type Kind, KIND, type Ledger, Names, SymbolNames } from "../../src/ledger/ledger.ts";
import type { Profile } from "../../src/ledger/profile.ts";

/** Kind, package ("" is overhead), symbol, bytes and evidence (exact if left out) of one range. */
export type SampleRow = readonly [kind: Kind, pkg: string, symbol: string, bytes: number, evidence?: Evidence];

/** A ledger of these ranges, one behind the other. */
export function sampleLedger(rows: readonly SampleRow[]): Ledger {
  const packages = new Names();
  const symbols = new SymbolNames();
  let at = 0;
  const starts = rows.map(([, , , bytes]) => {
    at += bytes;
    return at - bytes;
  });
  return {
    size: at,
    count: rows.length,
    start: Uint32Array.from(starts),
    kind: Uint8Array.from(rows, ([kind]) => KIND[kind]),
    pkg: Uint32Array.from(rows, ([, pkg]) => packages.id(pkg)),
    symbol: Uint32Array.from(rows, ([, , symbol]) => symbols.add(symbol)),
    evidence: Uint8Array.from(rows, ([, , , , evidence = "exact"]) => EVIDENCE.indexOf(evidence)),
    packages,
    symbols,
  };
}

export function sampleExecutable(more: Partial<Executable> = {}): Executable {
  const base: Executable = {
    format: "elf",
    os: "linux",
    arch: "amd64",
    ptrSize: 8,
    littleEndian: true,
    bytes: new Uint8Array(0),
    imageBase: 0x400000,
    regions: [],
    sections: [],
    structure: [],
    tables: [],
    symbols: () => emptySymbols,
    relocations: () => emptyRelocations,
    pie: false,
    dynamic: false,
    type: "exe",
    warnings: [],
  };
  return Object.assign(base, more);
}

export function sampleProfile(rows: readonly SampleRow[], more: Partial<Profile> = {}): Profile {
  return {
    exe: sampleExecutable(),
    ledger: sampleLedger(rows),
    goVersion: "go1.26.8",
    language: "go",
    garbled: false,
    stripped: false,
    dwarf: true,
    embeds: [],
    bss: [],
    testimony: "symbols",
    warnings: [],
    ...more,
  };
}

/** A small program: a main module, a dependency with a major version, the standard library, C and overhead. */
export const SAMPLE_ROWS: readonly SampleRow[] = [
  ["header", "", "ELF header", 64],
  ["code", "main", "main.main", 400],
  ["code", "main", "main.run.func1", 90],
  ["code", "example.com/app/store", "example.com/app/store.Open", 1200],
  ["code", "github.com/acme/yaml/v3", "github.com/acme/yaml/v3.Unmarshal", 2500],
  ["code", "github.com/acme/yaml/v3/internal/scan", "github.com/acme/yaml/v3/internal/scan.Next", 700],
  ["code", "net/http", "net/http.(*Server).Serve", 3000],
  ["code", "vendor/golang.org/x/net/idna", "vendor/golang.org/x/net/idna.ToASCII", 300],
  ["code", "C", "memcpy", 128],
  ["padding", "", "", 22],
  ["pclntab", "net/http", "net/http.(*Server).Serve", 800, "oneReferrer"],
  ["pclntab", "main", "main.main", 120],
  ["string", "main", "", 50, "several"],
  ["type", "net/http", "type:net/http.Server", 416],
  ["data", "net/http", "net/http.DefaultServeMux", 8],
  ["embed", "main", "web/index.html", 2048],
  ["dwarf", "net/http", "", 900, "inferred"],
  ["symtab", "", "symbol table", 96],
  ["unattributed", "", "", 4, "inferred"],
];

export const SAMPLE_BUILD_INFO: NonNullable<Profile["buildInfo"]> = {
  goVersion: "go1.26.8",
  path: "example.com/app/cmd/app",
  main: { path: "example.com/app", version: "v1.4.0", sum: "" },
  deps: [
    { path: "github.com/acme/yaml/v3", version: "v3.1.0", sum: "h1:AAAA=" },
    {
      path: "golang.org/x/text",
      version: "v0.3.0",
      sum: "",
      replace: { path: "../text", version: "", sum: "" },
    },
  ],
  settings: [
    { key: "-trimpath", value: "true" },
    { key: "CGO_ENABLED", value: "1" },
    { key: "vcs", value: "git" },
    { key: "vcs.revision", value: "0123456789abcdef0123456789abcdef01234567" },
    { key: "vcs.time", value: "2026-05-01T10:00:00Z" },
    { key: "vcs.modified", value: "true" },
  ],
};

export function smallProfile(more: Partial<Profile> = {}): Profile {
  return sampleProfile(SAMPLE_ROWS, {
    buildInfo: SAMPLE_BUILD_INFO,
    embeds: [{ name: "web/index.html", bytes: 2048, pkg: "main", usedBy: ["net/http", "main"] }],
    bss: [
      { pkg: "net/http", symbol: "net/http.cache", bytes: 4096 },
      { pkg: "main", symbol: "main.buffer", bytes: 512 },
    ],
    ...more,
  });
}

export const SHA = "0".repeat(64);
