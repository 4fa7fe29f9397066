// Packages of Linux distributions: their names, and what nfpm makes of a release's settings.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { artifactsSchema } from "../../src/release/schema.ts";
import { packageVersions, systemPackagesOf } from "../../src/release/systempackages.ts";
import { NFPM } from "../tools.ts";
import { Project } from "./project.ts";

describe("names", () => {
  it.each([
    ["1.2.3", "1.2.3", "1.2.3"],
    ["1.2.3-rc.1", "1.2.3~rc.1", "1.2.3_rc1"],
    ["1.2.3-beta2-dirty", "1.2.3~beta2+dirty", "1.2.3_beta2_p1"],
    ["1.2.3-4-gabcdef0", "1.2.3+4.gabcdef0", "1.2.3_git4"],
    ["1.2.3-rc.1-4-gabcdef0-dirty", "1.2.3~rc.1+4.gabcdef0.dirty", "1.2.3_rc1_git4_p1"],
    ["0.0.0-0123456789ab", "0.0.0~0123456789ab", "0.0.0_pre"],
    ["nightly", "0.0.0~nightly", "0.0.0_pre"],
  ])("version %s", (version, deb, apk) => {
    expect(packageVersions(version)).toEqual({ deb, rpm: deb, apk });
  });

  it("architectures are those of each distribution, and only Linux has packages", () => {
    const config = { formats: ["deb", "rpm", "apk"] as const, maintainer: "A", description: "B" };
    const names = (os: string, arch: string, level = ""): string[] =>
      systemPackagesOf(
        { ...config, formats: [...config.formats] },
        "My App",
        { os, arch, level },
        packageVersions("1.0.0"),
      ).map((each) => each.path);
    expect(names("linux", "arm", "7,hardfloat")).toEqual([
      "my-app_1.0.0_armhf.deb",
      "my-app-1.0.0-1.armv7hl.rpm",
      "my-app_1.0.0_armv7.apk",
    ]);
    expect(names("linux", "s390x")[0]).toBe("my-app_1.0.0_s390x.deb");
    expect(names("darwin", "arm64")).toEqual([]);
  });
});

const made: Project[] = [];
afterAll(() => made.forEach((each) => each.remove()));

const SETTINGS = `release:
  targets: [linux/amd64, windows/amd64]
  packages:
    formats: [deb, rpm, apk]
    maintainer: A Person <a@example.com>
    description: An app that prints
    section: utils
    license: MIT
    depends: [ca-certificates]
    contents: [{ from: app.conf, to: /etc/app/app.conf, config: true }]
`;
const FILES = { "pare.yaml": SETTINGS, "app.conf": "a = 1\n" };
const WORDS = ["--no-symbols", "-q"];

function project(name?: string): Project {
  const one = new Project(FILES, name);
  made.push(one);
  return one;
}

describe("nfpm", () => {
  const env = { PATH: `${process.env.PATH}${path.delimiter}${path.dirname(NFPM ?? "")}` };

  it.skipIf(NFPM === undefined)(
    "writes packages that hold the program, the same bytes everywhere",
    () => {
      const app = project();
      expect(app.run(WORDS, env)).toMatchObject({ code: 0, stderr: "" });
      const names = ["app-1.0.0-1.x86_64.rpm", "app_1.0.0_amd64.deb", "app_1.0.0_x86_64.apk"];
      const first = app.hashes();
      expect(Object.keys(first).filter((name) => /\.(?:deb|rpm|apk)$/.test(name))).toEqual(names);
      execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: app.dist, stdio: "pipe" });
      expect(readFileSync(path.join(app.dist, "SHA256SUMS"), "utf8")).toContain(names[1]);
      const { artifacts } = artifactsSchema.parse(
        JSON.parse(readFileSync(path.join(app.dist, "artifacts.json"), "utf8")),
      );
      expect(artifacts.filter(({ kind }) => kind === "package").map((each) => [each.path, each.of])).toEqual(
        names.map((name) => [name, "app linux/amd64"]),
      );

      const deb = path.join(app.dist, names[1]);
      const field = (name: string): string => execFileSync("dpkg-deb", ["-f", deb, name], { encoding: "utf8" }).trim();
      expect(
        ["Package", "Version", "Architecture", "Maintainer", "Section", "Depends", "Description"].map(field),
      ).toEqual([
        "app",
        "1.0.0",
        "amd64",
        "A Person <a@example.com>",
        "utils",
        "ca-certificates",
        "An app that prints",
      ]);
      const root = path.join(app.base, "installed");
      execFileSync("dpkg-deb", ["-x", deb, root]);
      expect(
        readFileSync(path.join(root, "usr/bin/app")).equals(readFileSync(path.join(app.dist, "app_linux_amd64/app"))),
      ).toBe(true);
      expect(readFileSync(path.join(root, "etc/app/app.conf"), "utf8")).toBe("a = 1\n");
      const listed = execFileSync("dpkg-deb", ["-c", deb], { encoding: "utf8", env: { ...process.env, TZ: "UTC" } });
      expect(listed).toMatch(/^-rwxr-xr-x root\/root +\d+ 2024-05-06 07:08 \.\/usr\/bin\/app$/m);

      // nothing is packed again; elsewhere, under another umask, the same comes out
      expect(app.run(WORDS, { ...env, PATH: env.PATH }).code).toBe(0);
      expect(app.hashes()).toEqual(first);
      const other = project("elsewhere/deeper/app2");
      const before = process.umask(0o077);
      try {
        expect(other.run(WORDS, { ...env, TZ: "Asia/Kathmandu", LC_ALL: "tr_TR.UTF-8", maintainer: "x" }).code).toBe(0);
      } finally {
        process.umask(before);
      }
      expect(other.hashes()).toEqual(first);
    },
    300_000,
  );

  it("is asked for before anything is built", () => {
    const app = project();
    const without = (process.env.PATH ?? "")
      .split(path.delimiter)
      .filter((each) => !existsSync(path.join(each, "nfpm")));
    const { code, stderr } = app.run(WORDS, { PATH: without.join(path.delimiter) });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^pare: release\.packages of pare\.yaml needs nfpm, and it is not on PATH: go install /);
    expect(existsSync(app.dist)).toBe(false);
  });

  it("settings that nfpm would take for something else have a place", () => {
    const app = project();
    app.write({
      "pare.yaml": SETTINGS.replace("An app that prints", "An app in $HOME").replace(
        "/etc/app/app.conf",
        "/etc/../app",
      ),
    });
    const { code, stderr } = app.run(["--dry-run"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/pare\.yaml:6:5: release\.packages\.description: no \$ here/);
    expect(stderr).toMatch(/pare\.yaml:10:\d+: .*no path of an installed file/);
  });
});
