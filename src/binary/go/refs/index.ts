// The table of reference scanners by GOARCH. An architecture that is not in it gets owners by layout order only (evidence: inferred).
import { scanAmd64 } from "./amd64.ts";
import { RefList, type Refs, type ScanInput, type Scanner } from "./refs.ts";
import { scanArm, scanArm64, scanLoong64, scanMips, scanMips64, scanPpc64, scanRiscv64, scanS390x } from "./risc.ts";
import { scanWasm } from "./wasm.ts";
import { scan386 } from "./x86.ts";

const SCANNERS: Readonly<Record<string, Scanner>> = {
  amd64: scanAmd64,
  arm64: scanArm64,
  wasm: scanWasm,
  "386": scan386,
  arm: scanArm,
  riscv64: scanRiscv64,
  loong64: scanLoong64,
  ppc64: scanPpc64,
  ppc64le: scanPpc64,
  s390x: scanS390x,
  mips: scanMips,
  mipsle: scanMips,
  mips64: scanMips64,
  mips64le: scanMips64,
};

/** References from code to data in function order; empty for an unknown architecture. */
export function scanRefs(arch: string, input: ScanInput): Refs {
  // about one reference for 70 bytes of code
  const out = new RefList(Math.ceil(input.code.length / 64) + 64);
  SCANNERS[arch]?.(input, out);
  return {
    count: out.count,
    target: out.target.subarray(0, out.count),
    func: out.func.subarray(0, out.count),
    formed: out.formed.subarray(0, out.count),
    at: out.at.subarray(0, out.count),
  };
}
