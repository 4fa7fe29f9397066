// How much memory there is to be had: the machine's, or less where a control group says so.
import { readFileSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { posix } from "node:path";

/** A file's text, or undefined: what the kernel does not tell is no limit. */
type Read = (path: string) => string | undefined;

const readText: Read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

/** Bytes that processes can still take without swapping. `read` stands for the file system in tests. */
export function freeMemory(read: Read = readText): number {
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(read("/proc/meminfo") ?? "");
  const machine = available === null ? freemem() : Number(available[1]) * 1024;
  let least = machine;
  for (const { limit, used } of groups(read)) least = Math.min(least, Math.max(limit - used, 0));
  return least;
}

/** Bytes that this process and its children may hold at most. */
export function memoryLimit(read: Read = readText): number {
  return groups(read).reduce((least, { limit }) => Math.min(least, limit), totalmem());
}

const ROOT = "/sys/fs/cgroup";

/** Every control group of this process that limits memory, from its own up to the root (kernel: Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst). */
function groups(read: Read): { limit: number; used: number }[] {
  const found: { limit: number; used: number }[] = [];
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    const m = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (m === null) continue;
    const isFirst = m[1].split(",").includes("memory");
    if (m[1] !== "" && !isFirst) continue;
    const base = isFirst ? `${ROOT}/memory` : ROOT;
    const names = isFirst
      ? (["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"] as const)
      : (["memory.max", "memory.current", "inactive_file"] as const);
    for (let path = posix.normalize(m[2]); ; path = posix.dirname(path)) {
      const directory = posix.join(base, path);
      const limit = Number(read(`${directory}/${names[0]}`) ?? "max");
      const used = Number(read(`${directory}/${names[1]}`) ?? "");
      if (Number.isFinite(limit) && Number.isFinite(used) && limit < totalmem()) {
        // files that nobody reads any more are given back on demand
        const idle = new RegExp(`^${names[2]} (\\d+)$`, "m").exec(read(`${directory}/memory.stat`) ?? "");
        found.push({ limit, used: used - Number(idle?.[1] ?? 0) });
      }
      if (path === "/" || path === ".") break;
    }
  }
  return found;
}
