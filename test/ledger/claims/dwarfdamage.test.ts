// Debug information that is damaged or means harm: its sections are claimed as a whole, whatever they hold, and nothing is thrown.
import { describe, expect, test } from "vitest";
import type { Executable, Section } from "../../../src/binary/executable.ts";
import { claimDebug, readDebug } from "../../../src/ledger/claims/dwarf.ts";
import { Places } from "../../../src/ledger/claims/places.ts";
import { Claims, KIND } from "../../../src/ledger/ledger.ts";
import type { Profile } from "../../../src/ledger/profile.ts";
import { inflate } from "../../../src/toolchain/inflate.ts";
import type { GoOptions } from "../../fixture.ts";
import { random } from "../../mutate.ts";
import { debugSections, profileOf } from "./rest.ts";

const MUTATIONS = process.env.CI ? 300 : 60;

const builds: readonly [string, GoOptions][] = [
  ["DWARF 5", { fixture: "tiny", goos: "linux", goarch: "amd64" }],
  ["DWARF 4, big-endian", { fixture: "tiny", goos: "linux", goarch: "s390x", toolchain: "go1.24.12" }],
  ["DWARF 5 of C", { fixture: "cgo", env: { CGO_ENABLED: "1", CGO_CFLAGS: "-g -O2 -gdwarf-5" } }],
];

/** What is wrong with the claims on a file's debug sections: each must be covered, once, and nothing else. */
function mistakes(claims: Claims, sections: readonly Section[]): string[] {
  const { count, start, end, tag } = claims.take();
  const out: string[] = [];
  for (let c = 0; c < count; c++) if (((tag[c] >>> 8) & 255) !== KIND.dwarf) out.push(`another kind at ${start[c]}`);
  const claimed = runs(Array.from({ length: count }, (_, c) => [start[c], end[c]]));
  const wanted = runs(sections.map((s) => [s.offset, s.offset + s.fileSize]));
  if (claimed !== wanted) out.push(`claimed: ${claimed}; the sections: ${wanted}`);
  return out;
}

/** Ranges as "start-end", those that touch joined; ranges that overlap, or are the same, stay apart. */
function runs(ranges: readonly (readonly [number, number])[]): string {
  const out: [number, number][] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && last[1] === start) last[1] = end;
    else out.push([start, end]);
  }
  return out.map(([start, end]) => `${start}-${end}`).join(" ");
}

/** Overwrites bytes and runs of them, many near the start, where the first header is; now and then cuts the rest off. */
function damage(raw: Uint8Array, next: () => number): Uint8Array {
  const out = raw.slice();
  const below = (n: number): number => Math.floor(next() * n);
  for (let k = 1 + below(6); k > 0; k--) {
    const at = below(next() < 0.4 ? Math.min(64, out.length) : out.length);
    const values = [0, 0xff, 0x7f, 0x80, below(256)];
    out.fill(values[below(values.length)], at, at + 1 + below(next() < 0.1 ? 4096 : 8));
  }
  return next() < 0.1 ? out.subarray(0, below(out.length)) : out;
}

describe.each(builds)("%s", (_name, options) => {
  const found: Profile = profileOf(options);
  const sections = debugSections(found.exe);
  const claimed = (exe: Executable, read: typeof inflate): { claims: Claims; warnings: string[] } => {
    const { ledger } = found;
    const claims = new Claims(ledger.size, exe.regions, ledger.packages, ledger.symbols);
    const warnings: string[] = [];
    const info = readDebug(exe, read);
    if (info) claimDebug(info, claims, new Places(ledger, exe.regions));
    warnings.push(...(info?.warnings ?? []));
    return { claims, warnings };
  };

  test("undamaged, without a warning", () => {
    const { claims, warnings } = claimed(found.exe, inflate);
    expect(warnings).toEqual([]);
    expect(claims.count).toBeGreaterThan(20);
    expect(mistakes(claims, sections)).toEqual([]);
  });

  test("whatever the streams decompress to", () => {
    const bodies = new Map<number, Uint8Array>();
    // the same bytes for the same section, as often as it is asked for
    const reader =
      (seed: number): typeof inflate =>
      (stream, rawSize, method) => {
        const key = stream.byteOffset;
        if (!bodies.has(key)) bodies.set(key, inflate(stream, rawSize, method));
        return damage(bodies.get(key)!, random(seed * 1000 + (key % 997)));
      };
    let warned = 0;
    for (let seed = 1; seed <= MUTATIONS; seed++) {
      const { claims, warnings } = claimed(found.exe, reader(seed));
      expect(mistakes(claims, sections), `seed ${seed}`).toEqual([]);
      for (const w of warnings) expect(w).toMatch(/^[^\n]+$/);
      warned += warnings.length;
    }
    expect(warned).toBeGreaterThan(0);
  });

  test("whatever is in the file", () => {
    for (let seed = 1; seed <= MUTATIONS; seed++) {
      const bytes = found.exe.bytes.slice();
      for (const s of sections) {
        const next = random(seed * 7919 + s.offset);
        if (next() < 0.5) continue;
        bytes.set(damage(bytes.subarray(s.offset, s.offset + s.fileSize), next), s.offset);
      }
      const { claims } = claimed({ ...found.exe, bytes }, inflate);
      expect(mistakes(claims, sections), `seed ${seed}`).toEqual([]);
    }
  });
});

test("sections that announce more than a file can hold are not decompressed", () => {
  const { exe, ledger } = profileOf(builds[0][1]);
  const each = 1 << 20;
  const names = ["info", "abbrev", "line", "frame", "addr", "str", "loclists", "rnglists"];
  const sections = names.map((name, i): Section => {
    const compressed = { rawSize: 60 * each, headerSize: 24, method: "zlib" } as const;
    const place = { rva: -1, size: each, offset: i * each, fileSize: each, executable: false, writable: false };
    return { name: `.debug_${name}`, ...place, compressed };
  });
  const hostile: Executable = { ...exe, bytes: new Uint8Array(8 * each), sections };
  const claims = new Claims(8 * each, []);
  const warnings: string[] = [];
  const read: typeof inflate = () => {
    throw new Error("asked to decompress");
  };
  const info = readDebug(hostile, read);
  if (info) claimDebug(info, claims, new Places(ledger, []));
  warnings.push(...(info?.warnings ?? []));
  expect(warnings).toEqual([expect.stringContaining(`announce ${String(480 * each)} bytes in all`)]);
  expect(mistakes(claims, sections)).toEqual([]);
});
