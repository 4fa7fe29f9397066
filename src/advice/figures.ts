// Sizes as the knowledge files write them, in their reporters' own units and precision: "48 MB", "7.38 KiB", "25468606 B".

const FORM = /^([+-]?)(\d+(?:\.\d+)?) (B|kB|KB|MB|GB|KiB|MiB|GiB)$/;
const UNITS: Record<string, number> = {
  B: 1,
  kB: 1e3,
  // reporters do not say which they mean: the smaller reading never claims too much
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

export const SIZE = FORM;

/** Bytes of a size, rounded; undefined if it is none. */
export function bytesOf(size: string): number | undefined {
  const match = FORM.exec(size);
  if (match === null) return undefined;
  return (match[1] === "-" ? -1 : 1) * Math.round(Number(match[2]) * UNITS[match[3]]);
}
