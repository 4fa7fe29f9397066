// The mark that the UPX packer leaves in what it writes.

/** Whether "UPX!" stands anywhere in [from, to). */
export function upxMark(data: Uint8Array, from: number, to: number): boolean {
  const end = Math.min(to, data.length) - 3;
  for (let i = Math.max(0, from); i < end; i++) {
    if (data[i] === 0x55 && data[i + 1] === 0x50 && data[i + 2] === 0x58 && data[i + 3] === 0x21) return true;
  }
  return false;
}
