// Configurations of programs that build releases: goreleaser and ko.
// Formats: https://goreleaser.com/customization/builds/go/ and https://ko.build/configuration/
import { at, entriesOf, itemsOf, type Mapping, scalarsOf, textAt, type Tree } from "./tree.ts";

export interface ReleaseBuild {
  readonly node: Mapping;
  /** undefined: none are given. */
  readonly ldflags: readonly string[] | undefined;
  readonly flags: readonly string[];
  /** undefined: unknown. */
  readonly env: ReadonlyMap<string, string | undefined>;
  readonly goamd64: Tree | undefined;
  readonly modTimestamp: string | undefined;
}

export interface Releaser {
  readonly tree: Tree | undefined;
  readonly builds: readonly ReleaseBuild[];
}

/** goreleaser: builds of Go programs that the file names. ko: those with settings of their own. */
export function readReleaser(tree: Tree | undefined): Releaser {
  const around = envOf(at(tree, "env"), new Map());
  const builds = itemsOf(at(tree, "builds"))
    .filter((item) => item.kind === "mapping")
    .filter((item) => !/^(?:rust|zig|bun|deno|python|uv|poetry|prebuilt)$/.test(textAt(item, "builder") ?? "go"));
  return { tree, builds: builds.map((node) => buildOf(node, around)) };
}

function buildOf(node: Mapping, around: ReadonlyMap<string, string | undefined>): ReleaseBuild {
  const ldflags = at(node, "ldflags");
  return {
    node,
    ldflags: ldflags && scalarsOf(ldflags).map((item) => item.text),
    flags: scalarsOf(at(node, "flags")).flatMap((item) => item.text.split(/\s+/)),
    env: envOf(at(node, "env"), around),
    goamd64: at(node, "goamd64"),
    modTimestamp: textAt(node, "mod_timestamp"),
  };
}

/** "NAME=value" */
function envOf(
  tree: Tree | undefined,
  around: ReadonlyMap<string, string | undefined>,
): Map<string, string | undefined> {
  const env = new Map(around);
  for (const { text } of scalarsOf(tree)) {
    const equals = text.indexOf("=");
    if (equals < 0) continue;
    const value = text.slice(equals + 1);
    env.set(text.slice(0, equals), value.includes("{{") ? undefined : value);
  }
  for (const { key, value } of entriesOf(tree)) env.set(key.text, value.kind === "scalar" ? value.text : undefined);
  return env;
}
