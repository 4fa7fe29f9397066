// pare schema: the JSON Schema of a document, or of pare's own knowledge files.
import type { ExplainedName } from "../explain/schema.ts";
import type { ReleaseDocument } from "../release/schema.ts";
import { write } from "./output.ts";
import type { DOCUMENTS } from "./program.ts";

type Document = (typeof DOCUMENTS)[number];

export async function schemaCommand(document: Document): Promise<void> {
  await write("-", `${JSON.stringify(await schemaOf(document), null, 2)}\n`);
}

async function schemaOf(document: Document): Promise<Record<string, unknown>> {
  if (document === "audit") return (await import("../advice/audit/schema.ts")).auditJsonSchema();
  if (document === "lab") return (await import("../lab/schema.ts")).labJsonSchema();
  if (document === "tags") return (await import("../lab/tagsschema.ts")).tagsJsonSchema();
  if (document === "knowledge") return (await import("../advice/schema.ts")).knowledgeJsonSchema();
  if (document === "config") return (await import("../config/schema.ts")).configJsonSchema();
  if (document === "settings") return (await import("../config/schema.ts")).settingsJsonSchema();
  if (document === "overview") return (await import("../lab/overviewschema.ts")).overviewJsonSchema();
  if (isRelease(document)) return (await import("../release/schema.ts")).releaseJsonSchema(document);
  if (document === "cache") return (await import("../cache/schema.ts")).cacheJsonSchema();
  if (document === "symbols" || document === "resolved")
    return (await import("../symbols/schema.ts")).symbolsJsonSchema(document);
  if (isExplained(document)) return (await import("../explain/schema.ts")).explainJsonSchema(document);
  return (await import("../ledger/schema.ts")).jsonSchema(document);
}

function isExplained(document: Document): document is ExplainedName {
  return ["why", "why-chain", "why-file", "imports", "deps", "dce"].includes(document);
}

function isRelease(document: Document): document is ReleaseDocument {
  return ["release", "release-plan", "artifacts"].includes(document);
}
