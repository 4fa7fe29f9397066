// The linker's own tables beside the function table: module data, build info, FIPS info, the build ID in the text.
import { type Executable, imageBytes, regionAt } from "../../binary/executable.ts";
import type { BuildInfo } from "../../binary/go/buildinfo.ts";
import { findFipsInfo } from "../../binary/go/fipsinfo.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";

/** "\xff Go build ID: " starts the text where the format has no notes (cmd/link/internal/ld/data.go, textbuildid). */
const BUILD_ID = "\u00ff Go build ID: ";

const MAX_IMPORTS = 0x1_0000;

export function claimTables(
  claims: Claims,
  exe: Executable,
  go: GoProgram | undefined,
  buildInfo: BuildInfo | undefined,
): void {
  const runtime = claims.packages.id("runtime");
  if (buildInfo?.rva !== undefined && buildInfo.length !== undefined) {
    claims.image(buildInfo.rva, buildInfo.length, KIND.data, 0, claims.symbols.add("build info"), EXACT);
  }
  const fips = findFipsInfo(exe);
  if (fips) {
    const check = claims.packages.id("crypto/internal/fips140/check");
    claims.image(fips.rva, fips.size, KIND.data, check, claims.symbols.add("go:fipsinfo"), EXACT);
  }
  if (!go) return;
  const { module, pcln } = go;
  if (module)
    claims.image(module.rva, module.size, KIND.data, runtime, claims.symbols.add("runtime.firstmoduledata"), EXACT);
  if (exe.format === "pe" && module) {
    // the addresses of imported functions stand between the linker's tables (cmd/link/internal/ld/pe.go)
    const from = Math.max(fips ? fips.rva + fips.size : 0, (buildInfo?.rva ?? 0) + (buildInfo?.length ?? 0));
    const length = module.rva - from;
    if (from > 0 && length > 0 && length < MAX_IMPORTS)
      claims.image(from, length, KIND.data, 0, claims.symbols.add("import address table"), EXACT);
  }
  // text before the first function: the build ID, or nothing
  const region = regionAt(exe.regions, pcln.entry[0]);
  const from = exe.wasm ? exe.wasm.starts[0] : (module?.text ?? region?.rva ?? 0);
  if (exe.wasm ? pcln.entry[0] > from : from < pcln.entry[0]) {
    const length = exe.wasm ? exe.wasm.ends[0] - from : pcln.entry[0] - from;
    const bytes = imageBytes(exe.regions, from, length);
    if (bytes && latin(bytes.subarray(0, 64)).includes(BUILD_ID)) {
      claims.image(from, length, KIND.header, 0, claims.symbols.add("Go build ID"), EXACT);
    }
  }
}

const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
