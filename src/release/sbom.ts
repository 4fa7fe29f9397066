// What a program is made of, as CycloneDX 1.6: the modules that its own build information names.
// Specification: CycloneDX 1.6 JSON (ECMA-424); package URLs of type golang.
import { createHash } from "node:crypto";
import type { BuildInfo, ModuleRef } from "../binary/go/buildinfo.ts";

export interface Bill {
  /** Name of the program's file. */
  readonly name: string;
  readonly version: string;
  /** Of the program's file, hexadecimal. */
  readonly sha256: string;
  readonly target: string;
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly buildInfo: BuildInfo;
  /** Version of pare. */
  readonly tool: string;
}

/** The document as text. The serial number follows from the program, so that the same program has the same bill. */
export function cycloneDx(bill: Bill): string {
  const { name, version, sha256, target, epoch, buildInfo, tool } = bill;
  const modules = buildInfo.deps.map(component).sort((a, b) => order(a["bom-ref"], b["bom-ref"]));
  const std = library("std", buildInfo.goVersion.replace(/^go/, ""), "");
  const main = buildInfo.main?.path ?? buildInfo.path;
  const ref = packageUrl(main, version);
  const components = [...modules, std];
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(`${sha256}\n${version}\n${epoch}`)}`,
    version: 1,
    metadata: {
      timestamp: isoTime(epoch),
      tools: { components: [{ type: "application", name: "pare", version: tool }] },
      component: {
        type: "application",
        "bom-ref": ref,
        name: buildInfo.path || main || name,
        version,
        purl: ref,
        hashes: [{ alg: "SHA-256", content: sha256 }],
        properties: [
          { name: "pare:file", value: name },
          { name: "pare:target", value: target },
          ...buildInfo.settings.map(({ key, value }) => ({ name: `go:build:${key}`, value })),
        ],
      },
    },
    components,
    dependencies: [
      // build information is a list: it does not say who needs whom
      { ref, dependsOn: components.map((each) => each["bom-ref"]) },
      ...components.map((each) => ({ ref: each["bom-ref"] })),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

interface Component {
  readonly type: "library";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly scope: "required";
  readonly purl: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

/** What was compiled is the replacement, if there is one; what it stands in for is said beside it. */
function component({ path, version, sum, replace }: ModuleRef): Component {
  const real = replace ?? { path, version, sum };
  const plain = library(real.path, real.version, real.sum);
  if (replace === undefined) return plain;
  const properties = [
    ...(plain.properties ?? []),
    { name: "go:replaces", value: version === "" ? path : `${path}@${version}` },
  ];
  return { ...plain, properties };
}

function library(path: string, version: string, sum: string): Component {
  const purl = packageUrl(path, version);
  return {
    type: "library",
    "bom-ref": purl,
    name: path,
    version,
    scope: "required",
    purl,
    ...(sum === "" ? {} : { properties: [{ name: "go:sum", value: sum }] }),
  };
}

/** pkg:golang/github.com/google/uuid@v1.6.0; a directory that replaces a module has no version. */
export function packageUrl(path: string, version: string): string {
  const way = path.split("/").map(escaped).join("/");
  return `pkg:golang/${way}${version === "" ? "" : `@${escaped(version)}`}`;
}

function escaped(word: string): string {
  return encodeURIComponent(word).replaceAll("%3A", ":");
}

/** A name-based UUID of version 8 (RFC 9562): its bits are ours. */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** "2026-01-02T03:04:05Z". */
export function isoTime(epoch: number): string {
  return new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
