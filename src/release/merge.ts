// Shards of one release, made on several machines → the release.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Digests } from "../schedule/digests.ts";
import { type Guard, ToolFailure } from "../toolchain/failure.ts";
import { writeDocuments } from "./apply.ts";
import { type Artifacts, ARTIFACTS_FILE, byName } from "./artifacts.ts";
import { lockDirectory } from "./lock.ts";
import { Output, sha256Of } from "./output.ts";
import { readArtifacts } from "./schema.ts";

/** What shards of one release have in common. */
const COMMON = ["project", "module", "version", "tag", "commit", "epoch", "goVersion", "pare"] as const;

/** Joins the shards of these directories. Throws ToolFailure: a shard that is damaged, of another release, doubled or missing. */
export async function mergeShards(directories: readonly string[], output: string, guard: Guard): Promise<Artifacts> {
  const shards = directories.map((directory) => {
    const shard = readArtifacts(join(directory, ARTIFACTS_FILE));
    if (shard === undefined) throw new ToolFailure("unreadable", `${directory}: no ${ARTIFACTS_FILE} that can be read`);
    return { directory, shard };
  });
  const [{ shard: first }] = shards;
  const owners = new Map<string, string>();
  for (const { directory, shard } of shards) {
    for (const field of COMMON) {
      if (shard[field] !== first[field])
        throw new ToolFailure(
          "unreadable",
          `${directory} is of another release: ${field} is ${shard[field]}, not ${first[field]}`,
        );
    }
    if (shard.plan.join("\n") !== first.plan.join("\n"))
      throw new ToolFailure("unreadable", `${directory} was made by another plan: other settings, or other targets`);
    for (const id of new Set(shard.artifacts.map(({ of }) => of))) {
      const other = owners.get(id);
      if (other !== undefined) throw new ToolFailure("unreadable", `${id} is in ${other} and in ${directory}: ${HOW}`);
      owners.set(id, directory);
    }
  }
  const missing = first.plan.filter((id) => !owners.has(id));
  if (missing.length > 0) throw new ToolFailure("unreadable", `${missing.join(", ")}: in none of the shards: ${HOW}`);
  const release: Artifacts = {
    ...first,
    builds: shards.flatMap(({ shard }) => shard.builds).sort(byName(({ id }) => id)),
    artifacts: shards.flatMap(({ shard }) => shard.artifacts).sort(byName(({ path }) => path)),
  };
  const unlock = lockDirectory(output, guard);
  try {
    const place = new Output(output, new Digests(""), guard);
    for (const { directory, shard } of shards) {
      for (const { path, sha256, kind } of shard.artifacts) {
        const bytes = contentOf(join(directory, path));
        if (bytes === undefined || sha256Of(bytes) !== sha256)
          throw new ToolFailure(
            "unreadable",
            `${join(directory, path)}: missing, or not what its ${ARTIFACTS_FILE} says`,
          );
        if (!place.has(path, sha256)) await place.put(path, bytes, sha256, kind === "executable");
      }
    }
    place.removeStale(release);
    writeDocuments(release, place);
  } finally {
    unlock();
  }
  return release;
}

const HOW =
  "all shards take the same --shard …/M and the same --costs, or one machine shares the work out (--ci github)";

function contentOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
