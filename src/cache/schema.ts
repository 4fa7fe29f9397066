// The JSON document of `pare cache`.
import { z } from "zod";

const key = z.object({ key: z.string(), restore: z.array(z.string()).readonly().describe("prefixes, best first") });
const sum = z.object({ name: z.string(), files: z.number().int(), bytes: z.number().int() });

const cacheSchema = z.object({
  schema: z.literal("pare.cache/1"),
  directory: z.string().describe("GOCACHE"),
  modules: z.string().describe("GOMODCACHE"),
  keys: z.object({ build: key, modules: key }).optional(),
  bytes: z.number().int().optional().describe("of the build cache; after trimming, what is left"),
  byAge: z.array(sum).optional(),
  byKind: z.array(sum).optional(),
  orphaned: sum.optional(),
  removed: sum.optional().describe("of trim: what went, or would go with --dry-run"),
  moduleVersions: sum.optional(),
  removedVersions: z.array(z.object({ path: z.string(), version: z.string(), bytes: z.number().int() })).optional(),
});

export type CacheDocument = z.infer<typeof cacheSchema>;

/** JSON Schema of it. */
export function cacheJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(cacheSchema);
}
