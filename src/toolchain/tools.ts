// Programs that pare uses if they are there: which version, and how one gets them.
import type { Guard } from "./failure.ts";
import { run } from "./process.ts";

/** How one gets a program, in one line. */
export const HOW_TO_GET = {
  upx: "apt install upx-ucl (Debian 12: from backports) or brew install upx, or https://upx.github.io",
  "wasm-opt": "apt install binaryen or brew install binaryen, or https://github.com/WebAssembly/binaryen/releases",
  tinygo: "https://tinygo.org/getting-started/install",
  xz: "apt install xz-utils or brew install xz",
  nfpm: "go install github.com/goreleaser/nfpm/v2/cmd/nfpm@latest, or https://nfpm.goreleaser.com/docs/install",
  "C compiler": "apt install gcc or xcode-select --install",
} as const;
export type ToolName = keyof typeof HOW_TO_GET;

/** The first line that a program says of its version; undefined if it cannot be started. */
export async function versionLine(command: string, args: readonly string[], guard: Guard): Promise<string | undefined> {
  try {
    const { code, stdout } = await run(command, args, { guard });
    return code === 0 ? stdout.split(/\r?\n/, 1)[0] : undefined;
  } catch {
    return undefined;
  }
}
