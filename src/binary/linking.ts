// Writes addresses into the image of a relocatable object, where every pointer and every reference from code is still empty.
// What the formats share; each format says which relocation has which shape.

/**
 * How a value is written: words and halves of words, absolute or relative to their own place, or the fields of arm64 instructions
 * (ADRP's page, the low twelve bits of ADD and of loads and stores, a branch's distance).
 */
export type Shape = "word" | "abs32" | "rel32" | "page" | "low12" | "branch26";

const LOAD_STORE_MASK = 0x3b00_0000;
const LOAD_STORE = 0x3900_0000;
const VECTOR_128 = 0x0480_0000;

/** Bytes that a relocation of this shape changes. */
export const shapeSize = (shape: Shape, word: 4 | 8): number => (shape === "word" ? word : 4);

/** log2 of the access size by which a load or store scales its offset; 0 for ADD. */
function scaleOf(instruction: number): number {
  if ((instruction & LOAD_STORE_MASK) !== LOAD_STORE) return 0;
  const size = instruction >>> 30;
  return size === 0 && (instruction & VECTOR_128) === VECTOR_128 ? 4 : size;
}

/** Writes target at an offset of a region, whose address is place. */
export function writeAddress(
  view: DataView,
  at: number,
  shape: Shape,
  target: number,
  place: number,
  word: 4 | 8,
  littleEndian: boolean,
): void {
  const field = (mask: number, value: number): void =>
    view.setUint32(at, ((view.getUint32(at, true) & ~mask) | (value & mask)) >>> 0, true);
  switch (shape) {
    case "word":
      if (word === 4) view.setUint32(at, target, littleEndian);
      else view.setBigInt64(at, BigInt(target), littleEndian);
      break;
    case "abs32":
      view.setUint32(at, target, littleEndian);
      break;
    case "rel32":
      view.setInt32(at, target - place, littleEndian);
      break;
    case "page": {
      const pages = Math.floor(target / 4096) - Math.floor(place / 4096);
      field(0x60ff_ffe0, ((pages & 3) << 29) | (((pages >> 2) & 0x7_ffff) << 5));
      break;
    }
    case "low12":
      field(0x003f_fc00, ((target & 0xfff) >>> scaleOf(view.getUint32(at, true))) << 10);
      break;
    case "branch26":
      field(0x03ff_ffff, (target - place) >> 2);
      break;
  }
}

/** The byte offset that an arm64 instruction holds in the field of this shape (COFF and Mach-O keep addends there). */
export function instructionAddend(view: DataView, at: number, shape: Shape): number {
  const instruction = view.getUint32(at, true);
  if (shape === "page") return (((((instruction >>> 5) & 0x7_ffff) << 2) | ((instruction >>> 29) & 3)) << 11) >> 11;
  if (shape === "low12") return ((instruction >>> 10) & 0xfff) << scaleOf(instruction);
  return ((instruction & 0x03ff_ffff) << 6) >> 4;
}
