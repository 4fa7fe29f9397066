// Completes package-lock.json after `npm install` through a registry that lacks some platforms' prebuilt packages: npm leaves them
// out, and `npm ci` then refuses the lock file as incomplete. Every platform that a locked package names gets its line.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./install.mjs";

const FILE = path.join(ROOT, "package-lock.json");
const PLATFORM =
  /(android|darwin|freebsd|linux|openharmony|win32|aix|sunos|openbsd|netbsd)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64)/;

const lock = JSON.parse(readFileSync(FILE, "utf8"));
const { packages } = lock;
let added = 0;
for (const [where, entry] of Object.entries({ ...packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (packages[`${where}/node_modules/${name}`] || packages[`node_modules/${name}`]) continue;
    const platform = PLATFORM.exec(name);
    if (platform === null) throw new Error(`${name}: optional package of ${where} for no platform that is known here`);
    packages[`node_modules/${name}`] = {
      version,
      cpu: [platform[2]],
      ...(entry.dev ? { dev: true } : {}),
      ...(name.includes("musl") ? { libc: ["musl"] } : {}),
      optional: true,
      os: [platform[1]],
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")));
if (added > 0) writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
process.stderr.write(`package-lock.json: ${added} packages of other platforms added\n`);
