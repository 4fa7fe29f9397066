// The view of packages: who imports whom on the way to one, and whether anything of it was linked.
import { importChain, importers } from "../linkgraph/imports.ts";
import type { LinkModel } from "./model.ts";

export const IMPORTS_SCHEMA = "pare.imports/1";

export interface Imports {
  readonly schema: typeof IMPORTS_SCHEMA;
  readonly package: string;
  /** From main to the package. */
  readonly chain: readonly {
    readonly package: string;
    readonly module: string;
    readonly version: string;
    readonly bytes: number;
  }[];
  readonly importers: readonly string[];
  /** Bytes that it owns in the ledger; 0: it is imported, yet nothing of it is linked. */
  readonly attributed: number;
}

/** undefined if no package of the program imports it. */
export function importsOf(model: LinkModel, name: string): Imports | undefined {
  const { dump } = model.graph;
  const chain = importChain(dump, name);
  if (!chain) return undefined;
  const bytes = new Map(model.snapshot.modules.flatMap((m) => m.packages.map((p) => [p.path, p.bytes] as const)));
  return {
    schema: IMPORTS_SCHEMA,
    package: name,
    chain: chain.map((pkg) => {
      const { path, version } = model.moduleOf(pkg);
      return { package: pkg, module: path, version, bytes: bytes.get(pkg) ?? 0 };
    }),
    importers: [...(importers(dump).get(name) ?? [])].sort(),
    attributed: bytes.get(name) ?? 0,
  };
}
