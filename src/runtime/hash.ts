/** Hashes of texts: fast, the same in every process, and no protection against somebody who looks for collisions. */

/** The start value of FNV-1a in 32 bits. */
export const fnvBasis = 0x811c9dc5

/** One step of FNV-1a in 32 bits, over a UTF-16 code unit in place of a byte. */
export const fnvStep = (hash: number, code: number): number => Math.imul(hash ^ code, 0x01000193)

/** FNV-1a over the UTF-16 code units of a text: 32 bits, unsigned. */
export const fnv1a = (text: string): number => {
  let hash = fnvBasis
  for (let i = 0; i < text.length; i++) hash = fnvStep(hash, text.charCodeAt(i))
  return hash >>> 0
}

/** 53 bits of a text: two multiplicative hashes side by side, of which each sees every code unit. */
export const hash53 = (text: string): number => {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    high = Math.imul(high ^ text.charCodeAt(i), 2654435761)
    low = Math.imul(low ^ text.charCodeAt(i), 1597334677)
  }
  return 4294967296 * (2097151 & (low ^ (low >>> 13))) + ((high ^ (high >>> 16)) >>> 0)
}
