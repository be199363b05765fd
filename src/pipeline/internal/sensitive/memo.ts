import { fnvStep } from "../../../runtime/hash.js"

/** Names that are remembered. It is a power of 2, so that a mask turns a hash into an index. */
const maxSize = 2_048
const maxLength = 128

/** Remembers what a function gave for the last names, which are short and few. */
export const memo = <A>(f: (name: string) => A): ((name: string) => A) => {
  const known = new Map<string, A>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined) return found
    if (name.length > maxLength) return f(name)
    if (known.size === maxSize) known.clear()
    const key = copy(name)
    const result = f(key)
    known.set(key, result)
    return result
  }
}

/**
 * A copy of a slice. In V8 a slice of 13 or more characters keeps its whole source in memory; to concatenate and cut
 * makes a text of its own.
 */
const copy = (part: string): string => ` ${part}`.slice(1)

/**
 * Remembers results for names within a text, by their UTF-16 codes. A name that was seen lately is not even cut out.
 */
export const memoInText = <A>(f: (name: string) => A) => {
  const known = Array.from({ length: maxSize }, () => ({ name: new Uint16Array(), result: f("") }))
  return (codes: Uint16Array, from: number, to: number, hash = hashOf(codes, from, to)): A => {
    const entry = known[(hash ^ (hash >>> 15)) & (maxSize - 1)] as (typeof known)[number]
    if (!isAt(codes, from, to, entry.name)) {
      entry.name = codes.slice(from, to)
      entry.result = f(String.fromCharCode(...entry.name))
    }
    return entry.result
  }
}

/** The hash of a name is made from its end, as it is read. */
export const hashStep = fnvStep

const hashOf = (codes: Uint16Array, from: number, to: number): number => {
  let hash = 0
  for (let i = to - 1; i >= from; i--) hash = hashStep(hash, codes[i] as number)
  return hash
}

const isAt = (codes: Uint16Array, from: number, to: number, name: Uint16Array): boolean => {
  if (name.length !== to - from) return false
  for (let i = 0; i < name.length; i++) if (name[i] !== codes[from + i]) return false
  return true
}

/**
 * Long texts without a secret that were seen lately: a conversation has the same ones in each call.
 */
export class CleanTexts {
  private newer = new Set<string>()
  private older = new Set<string>()
  private characters = 0

  has(text: string): boolean {
    if (text.length < leastRemembered || text.length > mostRemembered) return false
    if (this.newer.has(text)) return true
    if (!this.older.delete(text)) return false
    this.keep(copy(text))
    return true
  }

  add(text: string): void {
    if (text.length >= leastRemembered && text.length <= mostRemembered) this.keep(copy(text))
  }

  private keep(text: string): void {
    this.characters += text.length
    if (this.characters > mostCharacters) {
      this.older = this.newer
      this.newer = new Set()
      this.characters = text.length
    }
    this.newer.add(text)
  }
}

const leastRemembered = 256
const mostRemembered = 65_536
/** Of each of two generations. */
const mostCharacters = 4_194_304
