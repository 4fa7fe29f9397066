// Who a symbol belongs to: what its name says where programmers go by it, else the package that the linker recorded.
import { packageOf } from "../binary/go/symbolname.ts";
import { DUPLICATE_OK, type ProbeDump } from "./probe.ts";

/** Types, itabs and dictionaries that have a name. */
const NAMED = /^(?:type:(?!\.namedata\.|\.importpath\.)|go:itab\.)/;

/**
 * Package of the dump's symbol i, "" if it has none. Instances, wrappers, types, itabs and dictionaries go by their name; any package
 * may have compiled them.
 */
export function symbolOwner(dump: ProbeDump, i: number, name: string, isText: boolean): string {
  const recorded = dump.packages[dump.pkg[i]];
  if (isText) {
    const shared = (dump.flags[i] & DUPLICATE_OK) !== 0 || dump.unit[i] !== dump.pkg[i];
    const byName = shared || name.includes("[") || name.startsWith("type:") || /-fm(\.|$)/.test(name);
    return (byName && packageOf(name)) || recorded || packageOf(name);
  }
  return ((NAMED.test(name) || name.includes("..dict.")) && packageOf(name)) || recorded;
}
