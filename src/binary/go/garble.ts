// Programs whose names were hashed: https://github.com/burrowers/garble, hash.go.

/** Hashes are base64 without dots and slashes; an import path of people's making that has none of these has no capitals either. */
const HASHED = /^(?=.*[A-Z])[A-Za-z_]\w{3,15}$/;

/** Whether import paths look hashed: several of them, and too many to be names that somebody chose. */
export function looksGarbled(packages: ReadonlySet<string>): boolean {
  let hashed = 0;
  for (const path of packages) if (HASHED.test(path)) hashed++;
  return hashed >= 3 && hashed * 4 >= packages.size;
}
