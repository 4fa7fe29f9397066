import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Region } from "../../../src/binary/executable.ts";
import { parseModinfo, readBuildInfo } from "../../../src/binary/go/buildinfo.ts";
import { sampleExecutable } from "../../ledger/sample.ts";

const MAGIC = [...new TextEncoder().encode("\u00ff Go buildinf:")].slice(1);
const BASE = 0x400000;
const MODINFO = [
  "path\texample.com/app/cmd/app",
  "mod\texample.com/app\tv1.2.3\t",
  "dep\tgithub.com/acme/yaml/v3\tv3.1.0\th1:AAAA=",
  "dep\tgolang.org/x/text\tv0.3.0",
  "=>\tgolang.org/x/text\tv0.4.0\th1:BBBB=",
  'build\t-ldflags="-X \'main.v=1 \\"x\\"\' \\u00e9\\x41\\n"',
  'build\t"odd key"=`back \\quoted`',
  "build\tvcs.modified=true",
  "future\tsomething new",
  "",
].join("\n");

/** The text between the marks that the go command puts around it. */
function framed(text: string): Uint8Array {
  return new TextEncoder().encode(`${"<".repeat(16)}${text}${">".repeat(16)}`);
}

function varint(n: number): number[] {
  return n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))];
}

/** The blob of Go 1.18 and later. */
function inline(version: string, modinfo: Uint8Array): Uint8Array {
  const v = new TextEncoder().encode(version);
  const body = [0xff, ...MAGIC.slice(1), 8, 2, ...new Uint8Array(16)];
  return new Uint8Array([...body, ...varint(v.length), ...v, ...varint(modinfo.length), ...modinfo]);
}

function region(rva: number, bytes: Uint8Array, more: Partial<Region> = {}): Region {
  return { rva, bytes, memSize: bytes.length, offset: rva, executable: false, writable: true, ...more };
}

/** `blob` at an offset of otherwise empty data. */
function at(offset: number, blob: Uint8Array, size = 4096): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(blob, offset);
  return bytes;
}

describe("readBuildInfo", () => {
  const blob = inline("go1.26.8", framed(MODINFO));

  it("finds the blob by its section, whatever stands in front of it", () => {
    const data = at(512, blob);
    const info = readBuildInfo(
      sampleExecutable({
        regions: [region(0x1000, data)],
        sections: [
          {
            name: ".go.buildinfo",
            rva: 0x1200,
            size: 600,
            offset: 0x1200,
            fileSize: 600,
            executable: false,
            writable: true,
          },
        ],
      }),
    );
    expect(info?.goVersion).toBe("go1.26.8");
    expect(info?.rva).toBe(0x1200);
    expect(info?.length).toBe(Math.ceil(blob.length / 16) * 16);
  });

  it("searches data without sections at aligned addresses only, writable data before constants", () => {
    const decoy = at(64, inline("go1.1", framed("path\tdecoy\nmod\tdecoy\t(devel)\t\n")));
    const regions = [region(0x1000, decoy, { writable: false }), region(0x3008, at(8 + 48, blob))];
    expect(readBuildInfo(sampleExecutable({ regions }))?.path).toBe("example.com/app/cmd/app");
    expect(readBuildInfo(sampleExecutable({ regions: [region(0x3008, at(48, blob))] }))).toBeUndefined();
    expect(readBuildInfo(sampleExecutable({ regions: [region(0x1000, decoy, { writable: false })] }))?.path).toBe(
      "decoy",
    );
    expect(readBuildInfo(sampleExecutable({ regions: [region(0x1000, decoy, { executable: true })] }))).toBeUndefined();
  });

  it.each([
    { ptrSize: 8, bigEndian: false },
    { ptrSize: 4, bigEndian: false },
    { ptrSize: 8, bigEndian: true },
    { ptrSize: 4, bigEndian: true },
  ] as const)(
    "follows the pointers of Go 1.13 to 1.17: $ptrSize bytes, big endian $bigEndian",
    ({ ptrSize, bigEndian }) => {
      const bytes = new Uint8Array(8192);
      const word = (offset: number, value: number): void => {
        for (let i = 0; i < ptrSize; i++) {
          bytes[offset + (bigEndian ? ptrSize - 1 - i : i)] = Math.floor(value / 256 ** i) % 256;
        }
      };
      bytes.set([0xff, ...MAGIC.slice(1), ptrSize, bigEndian ? 1 : 0], 32);
      const strings = [new TextEncoder().encode("go1.16.15"), framed(MODINFO)];
      strings.forEach((text, i) => {
        const header = 256 + 32 * i;
        const place = 1024 + 2048 * i;
        word(32 + 16 + i * ptrSize, BASE + 0x1000 + header);
        word(header, BASE + 0x1000 + place);
        word(header + ptrSize, text.length);
        bytes.set(text, place);
      });
      const info = readBuildInfo(sampleExecutable({ regions: [region(0x1000, bytes)] }));
      expect(info?.goVersion).toBe("go1.16.15");
      expect(info?.main?.path).toBe("example.com/app");
      expect(info?.length).toBe(32);
    },
  );

  it("keeps the version of a program without modules", () => {
    const info = readBuildInfo(
      sampleExecutable({ regions: [region(0, at(0, inline("go1.26.8", new Uint8Array(0))))] }),
    );
    expect(info).toMatchObject({ goVersion: "go1.26.8", path: "", deps: [], settings: [] });
    expect(info?.main).toBeUndefined();
  });

  it("never fails on damaged bytes, and never claims bytes outside of its region", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(blob.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(4096),
        (edits, size) => {
          const bytes = blob.slice();
          for (const [place, value] of edits) bytes[place] = value;
          const data = at(0, bytes).slice(0, size);
          const info = readBuildInfo(sampleExecutable({ regions: [region(0, data)] }));
          if (info) expect(info.rva! + info.length!).toBeLessThanOrEqual(size);
        },
      ),
    );
  });
});

describe("parseModinfo", () => {
  it("reads modules, replacements and quoted settings, and skips lines that it does not know", () => {
    expect(parseModinfo(MODINFO)).toEqual({
      path: "example.com/app/cmd/app",
      main: { path: "example.com/app", version: "v1.2.3", sum: "" },
      deps: [
        { path: "github.com/acme/yaml/v3", version: "v3.1.0", sum: "h1:AAAA=" },
        {
          path: "golang.org/x/text",
          version: "v0.3.0",
          sum: "",
          replace: { path: "golang.org/x/text", version: "v0.4.0", sum: "h1:BBBB=" },
        },
      ],
      settings: [
        { key: "-ldflags", value: "-X 'main.v=1 \"x\"' éA\n" },
        { key: "odd key", value: "back \\quoted" },
        { key: "vcs.modified", value: "true" },
      ],
    });
  });

  it("takes any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseModinfo(text)));
  });
});
