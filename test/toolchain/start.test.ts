import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { findReadiness, listeners } from "../../src/toolchain/listening.ts";
import { parseRollup } from "../../src/toolchain/resident.ts";
import { freePort, type Launch, start } from "../../src/toolchain/start.ts";

const NODE = process.execPath;
const launch = (argv: readonly string[], readiness: Launch["readiness"], timeoutMs = 10_000): Launch => ({
  argv,
  cwd: "/",
  readiness,
  timeoutMs,
  guard: () => () => {},
});
const shell = (script: string): string[] => ["/bin/sh", "-c", script];
const listen = (port: number | string): string[] => [
  NODE,
  "-e",
  `require("net").createServer().listen(${port},"127.0.0.1")`,
];

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

let busy: Server | undefined;
afterEach(() => {
  busy?.close();
  busy = undefined;
});

describe("a program that is started", () => {
  it("is ready when it ends, whatever its code", async () => {
    const result = await start(launch(shell("echo out; echo err >&2; exit 3"), { kind: "exit" }));
    expect(result).toMatchObject({ ok: true, ended: { code: 3, signal: "" } });
    expect(result.output).toMatch(/out/);
    expect(result.output).toMatch(/err/);
  });

  it("is ready when it prints what is waited for, even with its last breath", async () => {
    const pattern = /^ready/m;
    const running = await start(launch(shell("echo first; echo ready; sleep 100"), { kind: "output", pattern }));
    expect(running).toMatchObject({ ok: true });
    expect("ended" in running).toBe(false);
    const ended = await start(launch(shell("echo ready"), { kind: "output", pattern }));
    expect(ended).toMatchObject({ ok: true });
    const silent = await start(launch(shell("echo other"), { kind: "output", pattern }));
    expect(silent).toMatchObject({ ok: false, why: "ended", message: "it ended with 0 before it was ready" });
  });

  it("is ready when its port accepts; then something can be done with it", async () => {
    const port = await freePort();
    let seen = 0;
    const result = await start(launch(listen(port), { kind: "port", port }), async (pid) => {
      seen = pid;
    });
    expect(result.ok).toBe(true);
    expect(seen).toBeGreaterThan(0);
    expect(isThere(seen)).toBe(false);
  });

  it("is not started while somebody else has its port", async () => {
    busy = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => busy!.once("listening", resolve));
    const { port } = busy.address() as { port: number };
    const result = await start(launch(listen(port), { kind: "port", port }));
    expect(result).toMatchObject({ ok: false, why: "busy", message: `port ${port} is taken already` });
  });

  it("that never gets ready is ended with its children", async () => {
    const result = await start(launch(shell("sleep 1000 & echo $!; wait"), { kind: "output", pattern: /never/ }, 300));
    expect(result).toMatchObject({ ok: false, why: "timeout", message: "not ready after 0.3 s (output:never)" });
    const child = Number(result.output.trim());
    expect(child).toBeGreaterThan(1);
    // a zombie that nobody waits for counts as gone: it holds nothing
    await expect.poll(() => isThere(child) && !isZombie(child)).toBe(false);
  });

  it("that is no program, or is killed, says so", async () => {
    const none = await start(launch(["/nowhere/program"], { kind: "exit" }));
    expect(none).toMatchObject({ ok: false, why: "cannot" });
    const killed = await start(launch(shell("kill -9 $$"), { kind: "exit" }));
    expect(killed).toMatchObject({ ok: false, why: "ended", message: "it was ended by SIGKILL" });
  });

  it("shows how it gets ready", async () => {
    const { readiness: _, ...ends } = launch(shell("exit 1"), { kind: "exit" });
    expect(await findReadiness(ends)).toEqual({ kind: "exit" });
    const { readiness: __, ...hangs } = launch(shell("sleep 100"), { kind: "exit" }, 300);
    expect(await findReadiness(hangs)).toMatchObject({ ok: false, why: "timeout" });
    if (process.platform !== "linux") return;
    const port = await freePort();
    const { readiness: ___, ...serves } = launch(listen(port), { kind: "exit" });
    expect(await findReadiness(serves)).toEqual({ kind: "port", port });
  });
});

function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(process.getBuiltinModule("node:fs").readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}

describe("tables of /proc", () => {
  it("sum pages by whether others have them too", () => {
    const text = `00400000-7ffc1a9f3000 ---p 00000000 00:00 0                                [rollup]
Rss:               11880 kB
Pss:               10001 kB
Shared_Clean:       1000 kB
Shared_Dirty:         24 kB
Private_Clean:      4000 kB
Private_Dirty:      6856 kB
Private_Hugetlb:    2048 kB
Referenced:        11880 kB
`;
    expect(parseRollup(text)).toEqual({ privateBytes: 12904 * 1024, sharedBytes: 1024 * 1024 });
  });

  it("name the ports of a process's own sockets that listen", () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0000000000000000 20 4 0 10 -1
`;
    expect(listeners(table, new Set(["4242", "4243"]))).toEqual([8080]);
  });
});
