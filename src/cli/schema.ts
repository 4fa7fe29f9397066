// pare schema: the JSON Schema of a document, or of pare's own knowledge files.
import { type DocumentName, jsonSchema } from "../ledger/schema.ts";
import { write } from "./output.ts";

export async function schemaCommand(document: DocumentName | "knowledge"): Promise<void> {
  const schema =
    document === "knowledge" ? (await import("../advice/schema.ts")).knowledgeJsonSchema() : jsonSchema(document);
  await write("-", `${JSON.stringify(schema, null, 2)}\n`);
}
