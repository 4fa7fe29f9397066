// Archives: the same bytes for the same input, and read back by tools that are not ours.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pack } from "../../src/release/archive.ts";

const work = mkdtempSync(path.join(tmpdir(), "pare-test-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const long = `${"d".repeat(60)}/${"e".repeat(60)}/${"f".repeat(60)}`;
const veryLong = `${"g".repeat(120)}/${"h".repeat(120)}`;
const entries = [
  { path: "app/run", bytes: new Uint8Array(3000).map((_, i) => i * i), isExecutable: true },
  { path: "app/größe.txt", bytes: Buffer.from("text"), isExecutable: false },
  { path: "app/empty", bytes: new Uint8Array(), isExecutable: false },
  { path: long, bytes: Buffer.from("long"), isExecutable: false },
  { path: veryLong, bytes: Buffer.from("very long"), isExecutable: false },
];
const epoch = 1_700_000_001;
const CHECK = `
import hashlib, json, sys, tarfile, zipfile
out = []
if sys.argv[1].endswith('.zip'):
    with zipfile.ZipFile(sys.argv[1]) as z:
        assert z.testzip() is None
        for i in z.infolist():
            out.append([i.filename, len(z.read(i)), hashlib.sha256(z.read(i)).hexdigest(), oct(i.external_attr >> 16), list(i.date_time)])
else:
    with tarfile.open(sys.argv[1]) as t:
        for i in t.getmembers():
            data = t.extractfile(i).read()
            out.append([i.name, len(data), hashlib.sha256(data).hexdigest(), oct(i.mode), i.mtime, i.uid, i.gid, i.uname, i.gname])
print(json.dumps(out))
`;

function listed(name: string, bytes: Uint8Array): unknown[][] {
  const file = path.join(work, name);
  writeFileSync(file, bytes);
  return JSON.parse(execFileSync("python3", ["-c", CHECK, file], { encoding: "utf8" })) as unknown[][];
}

const names = entries.map((entry) => entry.path).sort();

describe("tar.gz", () => {
  const bytes = pack({ format: "tar.gz", entries, epoch, level: 6 });

  it("holds what was put in, sorted, of nobody, at the given time", () => {
    const rows = listed("a.tar.gz", bytes);
    expect(rows.map(([name]) => name)).toEqual(names);
    expect(rows.find(([name]) => name === "app/run")).toMatchObject([
      "app/run",
      3000,
      expect.anything(),
      "0o755",
      epoch,
      0,
      0,
      "",
      "",
    ]);
    expect(rows.find(([name]) => name === veryLong)).toMatchObject([
      veryLong,
      9,
      expect.anything(),
      "0o644",
      epoch,
      0,
      0,
      "",
      "",
    ]);
  });

  it("is unpacked by tar", () => {
    writeFileSync(path.join(work, "b.tar.gz"), bytes);
    mkdirSync(path.join(work, "b"));
    execFileSync("tar", ["-xzf", path.join(work, "b.tar.gz"), "-C", path.join(work, "b")]);
    for (const entry of entries) expect(readFileSync(path.join(work, "b", entry.path)).equals(entry.bytes)).toBe(true);
  });

  it("says nothing of when and where it was made", () => {
    expect([...bytes.subarray(0, 8)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    expect(Buffer.from(bytes).equals(pack({ format: "tar.gz", entries: entries.toReversed(), epoch, level: 6 }))).toBe(
      true,
    );
  });
});

describe("zip", () => {
  const bytes = pack({ format: "zip", entries, epoch, level: 6 });

  it("holds what was put in, at the given time in even seconds of UTC", () => {
    const rows = listed("a.zip", bytes);
    expect(rows.map(([name]) => name)).toEqual(names);
    expect(rows.find(([name]) => name === "app/run")).toMatchObject([
      "app/run",
      3000,
      expect.anything(),
      "0o100755",
      [2023, 11, 14, 22, 13, 20],
    ]);
    const sums = (list: unknown[][]) => list.map((row) => row.slice(0, 3));
    expect(sums(rows)).toEqual(sums(listed("c.tar.gz", pack({ format: "tar.gz", entries, epoch, level: 1 }))));
  });

  it("keeps times within what the format knows", () => {
    expect(listed("old.zip", pack({ format: "zip", entries, epoch: 0, level: 1 }))[0][4]).toEqual([
      1980, 1, 1, 0, 0, 0,
    ]);
  });
});
