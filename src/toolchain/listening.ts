// How a program shows that it is ready, found out by starting it once: it ends, or it listens on a TCP port (Linux, proc(5)).
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { canMeasure } from "./processtree.ts";
import { type Launch, type Readiness, start, type StartResult } from "./start.ts";

const PERIOD_MS = 20;

/** Starts a program; answers its readiness, or what happened instead. */
export async function findReadiness(launch: Omit<Launch, "readiness">): Promise<Readiness | StartResult> {
  let port: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const stop = new AbortController();
  launch.signal?.addEventListener("abort", () => stop.abort(), { once: true });
  const onStart = (pid: number): void => {
    if (!canMeasure) return;
    timer = setInterval(() => {
      port ??= listeningPort(pid);
      if (port !== undefined) stop.abort();
    }, PERIOD_MS);
  };
  const result = await start({ ...launch, readiness: { kind: "exit" }, signal: stop.signal, onStart });
  clearInterval(timer);
  if (port !== undefined) return { kind: "port", port };
  return result.ok ? { kind: "exit" } : result;
}

/** The lowest TCP port on which a process accepts connections from this machine. */
function listeningPort(pid: number): number | undefined {
  const sockets = socketsOf(pid);
  if (sockets.size === 0) return undefined;
  const ports = ["tcp", "tcp6"].flatMap((table) => listeners(readText(`/proc/${pid}/net/${table}`), sockets));
  return ports.sort((a, b) => a - b)[0];
}

function socketsOf(pid: number): Set<string> {
  const found = new Set<string>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const m = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
      if (m) found.add(m[1]);
    }
  } catch {
    // it ended, or closed a file just now: the next look tells
  }
  return found;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

const LISTEN = "0A";

/** Ports of the sockets among these in a table of /proc/net (addresses in hex, then the state; the tenth field is the inode). */
export function listeners(table: string, sockets: ReadonlySet<string>): number[] {
  return table.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (fields[3] !== LISTEN || !sockets.has(fields[9])) return [];
    return [Number.parseInt(fields[1].slice(fields[1].lastIndexOf(":") + 1), 16)];
  });
}
