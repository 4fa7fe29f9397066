// Numbers for people: SI units with three significant digits, exact counts with separators, shares. No locale.

/** 47164576 → "47.2 MB". */
export function formatBytes(bytes: number): string {
  const sign = bytes < 0 ? "-" : "";
  let value = Math.abs(bytes);
  if (value < 1000) return `${sign}${value} B`;
  let unit = -1;
  do {
    value /= 1000;
    unit++;
  } while (value >= 999.5 && unit < 3);
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${sign}${value.toFixed(digits)} ${["kB", "MB", "GB", "TB"][unit]}`;
}

/** 47164576 → "47,164,576". */
export function formatExact(bytes: number): string {
  return String(bytes).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** "+1.20 MB", "-3.41 kB", "0 B". */
export function formatDelta(bytes: number, exact = false): string {
  return (bytes > 0 ? "+" : "") + (exact ? formatExact(bytes) : formatBytes(bytes));
}

/** "33.1 %"; "0 %" only for nothing, "<0.1 %" for little. */
export function formatShare(part: number, whole: number): string {
  if (part === 0 || whole === 0) return "0 %";
  const percent = (100 * part) / whole;
  if (Math.abs(percent) < 0.05) return percent < 0 ? ">-0.1 %" : "<0.1 %";
  return `${percent.toFixed(1)} %`;
}
