import { totalmem } from "node:os";
import { expect, test } from "vitest";
import { freeMemory, memoryLimit } from "../../src/schedule/memory.ts";

const MB = 1 << 20;
const reader =
  (files: Readonly<Record<string, string>>) =>
  (path: string): string | undefined =>
    files[path];
const MEMINFO = { "/proc/meminfo": `MemTotal: 2000000 kB\nMemAvailable:   ${(900 * MB) / 1024} kB\n` };

test("without control groups it is what the kernel calls available", () => {
  expect(freeMemory(reader(MEMINFO))).toBe(900 * MB);
  expect(memoryLimit(reader(MEMINFO))).toBe(totalmem());
});

test("version 2: the tightest group up to the root counts, idle files do not", () => {
  const files = {
    ...MEMINFO,
    "/proc/self/cgroup": "0::/slice/box\n",
    "/sys/fs/cgroup/slice/box/memory.max": "max\n",
    "/sys/fs/cgroup/slice/box/memory.current": `${10 * MB}\n`,
    "/sys/fs/cgroup/slice/memory.max": `${300 * MB}\n`,
    "/sys/fs/cgroup/slice/memory.current": `${200 * MB}\n`,
    "/sys/fs/cgroup/slice/memory.stat": `anon 1\ninactive_file ${50 * MB}\n`,
  };
  expect(freeMemory(reader(files))).toBe(150 * MB);
  expect(memoryLimit(reader(files))).toBe(300 * MB);
});

test("version 1: the memory controller's own tree", () => {
  const files = {
    ...MEMINFO,
    "/proc/self/cgroup": "5:cpu,cpuacct:/x\n3:memory:/box\n",
    "/sys/fs/cgroup/memory/box/memory.limit_in_bytes": `${100 * MB}\n`,
    "/sys/fs/cgroup/memory/box/memory.usage_in_bytes": `${120 * MB}\n`,
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": `${500 * MB}\n`,
  };
  expect(freeMemory(reader(files))).toBe(0);
  expect(memoryLimit(reader(files))).toBe(100 * MB);
});

test("this machine says something", () => {
  expect(freeMemory()).toBeGreaterThan(0);
  expect(memoryLimit()).toBeGreaterThan(0);
});
