// pare schema: the JSON Schema of a document.
import { type DocumentName, jsonSchema } from "../ledger/schema.ts";
import { write } from "./output.ts";

export async function schemaCommand(document: DocumentName): Promise<void> {
  await write("-", `${JSON.stringify(jsonSchema(document), null, 2)}\n`);
}
