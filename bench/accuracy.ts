// How often the owner is right: pare's ledger of a file against what the linker did when it made the file (test/oracle).
// strict: the one true owner; lenient: any package that really refers to the bytes. Shares of the bytes that the oracle tracks.
// `node bench/accuracy.ts [name …]` measures only programs whose name contains one of the words.
import { readFileSync } from "node:fs";
import { profile } from "../src/ledger/profile.ts";
import { KIND } from "../src/ledger/ledger.ts";
import { type GoOptions, type InstallOptions, oracleDump } from "../test/fixture.ts";
import { readTruth, score } from "../test/oracle/truth.ts";

/**
 * held out: nobody looked at the program's mistakes; of scores only the sum was seen. seen once: held out until its first score showed a
 * mistake, which was then looked at (first scores: dlv 98.63/99.12, arm64 98.82/99.33; gopls 97.82/98.57, arm64 97.63/98.44; task
 * 97.62/98.21; gh 98.76/99.29; restic 98.96/99.84). summed: held out until the mistakes of all programs together were listed once; nothing
 * was changed for these.
 */
type Role = "tuned" | "seen once" | "summed" | "held out";

interface Subject {
  readonly name: string;
  readonly role: Role;
  readonly build: GoOptions | InstallOptions;
}

const stripped = { ldflags: "-s -w" };
const arm = { goarch: "arm64" };
const KO = "github.com/google/ko@v0.18.0";
const CADDY = "github.com/caddyserver/caddy/v2/cmd/caddy@v2.11.9";
const FZF = "github.com/junegunn/fzf@v0.65.2";
const YQ = "github.com/mikefarah/yq/v4@v4.54.1";
const DLV = "github.com/go-delve/delve/cmd/dlv@v1.27.2";
const GOPLS = "golang.org/x/tools/gopls@v0.20.0";
const TASK = "github.com/go-task/task/v3/cmd/task@v3.45.4";
const GH = "github.com/cli/cli/v2/cmd/gh@v2.83.0";
const RESTIC = "github.com/restic/restic/cmd/restic@v0.18.1";
const MKCERT = "filippo.io/mkcert@v1.4.4";
const LEFTHOOK = "github.com/evilmartians/lefthook@v1.13.6";
const KIND_CLI = "sigs.k8s.io/kind@v0.30.0";
const GLOW = "github.com/charmbracelet/glow/v2@v2.1.1";
const SHFMT = "mvdan.cc/sh/v3/cmd/shfmt@v3.14.1";
const STATICCHECK = "honnef.co/go/tools/cmd/staticcheck@v0.8.2";
const AGE = "filippo.io/age/cmd/age@v1.3.2";
const SUBJECTS: readonly Subject[] = [
  { name: "server", role: "tuned", build: { fixture: "server", ...stripped } },
  { name: "server arm64", role: "tuned", build: { fixture: "server", ...stripped, ...arm } },
  { name: "ko", role: "tuned", build: { module: KO, ...stripped } },
  { name: "ko arm64", role: "tuned", build: { module: KO, ...stripped, ...arm } },
  { name: "cmd/compile", role: "tuned", build: { fixture: "hello", pkg: "cmd/compile", ...stripped } },
  { name: "cmd/go", role: "tuned", build: { fixture: "hello", pkg: "cmd/go", ...stripped } },
  { name: "caddy", role: "tuned", build: { module: CADDY, ...stripped } },
  { name: "hello", role: "tuned", build: { fixture: "hello", ...stripped } },
  { name: "hello arm64", role: "tuned", build: { fixture: "hello", ...stripped, ...arm } },
  { name: "fzf", role: "tuned", build: { module: FZF, ...stripped } },
  { name: "fzf arm64", role: "tuned", build: { module: FZF, ...stripped, ...arm } },
  { name: "yq", role: "tuned", build: { module: YQ, ...stripped } },
  { name: "yq arm64", role: "tuned", build: { module: YQ, ...stripped, ...arm } },
  { name: "cmd/asm", role: "tuned", build: { fixture: "hello", pkg: "cmd/asm", ...stripped } },
  { name: "cmd/asm arm64", role: "tuned", build: { fixture: "hello", pkg: "cmd/asm", ...stripped, ...arm } },
  { name: "cmd/link", role: "tuned", build: { fixture: "hello", pkg: "cmd/link", ...stripped } },
  { name: "cmd/link arm64", role: "tuned", build: { fixture: "hello", pkg: "cmd/link", ...stripped, ...arm } },
  { name: "dlv", role: "seen once", build: { module: DLV, ...stripped } },
  { name: "dlv arm64", role: "seen once", build: { module: DLV, ...stripped, ...arm } },
  { name: "gopls", role: "seen once", build: { module: GOPLS, ...stripped } },
  { name: "gopls arm64", role: "seen once", build: { module: GOPLS, ...stripped, ...arm } },
  { name: "task", role: "seen once", build: { module: TASK, ...stripped } },
  { name: "gh", role: "seen once", build: { module: GH, ...stripped } },
  { name: "restic", role: "seen once", build: { module: RESTIC, ...stripped } },
  { name: "cmd/vet", role: "summed", build: { fixture: "hello", pkg: "cmd/vet", ...stripped } },
  { name: "cmd/vet arm64", role: "summed", build: { fixture: "hello", pkg: "cmd/vet", ...stripped, ...arm } },
  { name: "cmd/cgo", role: "summed", build: { fixture: "hello", pkg: "cmd/cgo", ...stripped } },
  { name: "cmd/cgo arm64", role: "summed", build: { fixture: "hello", pkg: "cmd/cgo", ...stripped, ...arm } },
  { name: "cmd/gofmt", role: "summed", build: { fixture: "hello", pkg: "cmd/gofmt", ...stripped } },
  { name: "cmd/gofmt arm64", role: "summed", build: { fixture: "hello", pkg: "cmd/gofmt", ...stripped, ...arm } },
  { name: "shfmt", role: "summed", build: { module: SHFMT, ...stripped } },
  { name: "shfmt arm64", role: "summed", build: { module: SHFMT, ...stripped, ...arm } },
  { name: "staticcheck", role: "summed", build: { module: STATICCHECK, ...stripped } },
  { name: "staticcheck arm64", role: "summed", build: { module: STATICCHECK, ...stripped, ...arm } },
  { name: "age", role: "summed", build: { module: AGE, ...stripped } },
  { name: "age arm64", role: "summed", build: { module: AGE, ...stripped, ...arm } },
  { name: "mkcert", role: "held out", build: { module: MKCERT, ...stripped } },
  { name: "mkcert arm64", role: "held out", build: { module: MKCERT, ...stripped, ...arm } },
  { name: "lefthook", role: "held out", build: { module: LEFTHOOK, ...stripped } },
  { name: "lefthook arm64", role: "held out", build: { module: LEFTHOOK, ...stripped, ...arm } },
  { name: "kind", role: "held out", build: { module: KIND_CLI, ...stripped } },
  { name: "kind arm64", role: "held out", build: { module: KIND_CLI, ...stripped, ...arm } },
  { name: "glow", role: "held out", build: { module: GLOW, ...stripped } },
  { name: "glow arm64", role: "held out", build: { module: GLOW, ...stripped, ...arm } },
  { name: "server windows", role: "tuned", build: { fixture: "server", ...stripped, goos: "windows" } },
  { name: "server darwin arm64", role: "tuned", build: { fixture: "server", ...stripped, ...arm, goos: "darwin" } },
  { name: "server js/wasm", role: "tuned", build: { fixture: "server", ...stripped, goos: "js", goarch: "wasm" } },
  { name: "server PIE", role: "tuned", build: { fixture: "server", ...stripped, flags: ["-buildmode=pie"] } },
  { name: "server, full", role: "tuned", build: { fixture: "server" } },
  { name: "ko, full", role: "tuned", build: { module: KO } },
];

const words = process.argv.slice(2);
const chosen = SUBJECTS.filter((s) => words.length === 0 || words.some((w) => s.name.includes(w)));
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`;

console.log("| program | role | size | tracked | strict | lenient | unattributed |");
console.log("|---|---|---|---|---|---|---|");
for (const { name, role, build } of chosen) {
  const { executable, dump } = oracleDump(build);
  const bytes = readFileSync(executable);
  const { ledger, exe } = profile(bytes);
  const found = score(ledger, exe, await readTruth(dump));
  let lost = 0;
  for (let i = 0; i < ledger.count; i++) {
    if (ledger.kind[i] === KIND.unattributed)
      lost += (i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size) - ledger.start[i];
  }
  const cells = [
    name,
    role,
    `${(bytes.length / 1e6).toFixed(1)} MB`,
    percent(found.tracked, bytes.length),
    percent(found.strict, found.tracked),
    percent(found.lenient, found.tracked),
    `${((100 * lost) / bytes.length).toFixed(3)} %`,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
