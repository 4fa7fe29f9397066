/** Fields of `go list -json` that name the files of a package which a compiler reads: Go, cgo, C and its relatives, assembly, SWIG. */
export const COMPILED_FILES = [
  "GoFiles",
  "CgoFiles",
  "CFiles",
  "CXXFiles",
  "MFiles",
  "HFiles",
  "FFiles",
  "SFiles",
  "SwigFiles",
  "SwigCXXFiles",
] as const;
