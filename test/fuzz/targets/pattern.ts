/** A pattern that is taken as safe takes a bounded time, also over texts made to keep it going. */
import { createContext, Script } from "node:vm"
import { SensitiveDataFilter } from "effect-observability"
import { target } from "../fuzz.js"
import type { Random } from "../Random.js"

/** How much of a text a pattern is given at once. */
const piece = 2_048

/** The time that a pattern may take over a piece. The longest that is allowed needs some 2^26 steps. */
const maxMillis = 3_000

const atoms = [
  "a",
  "b",
  "ab",
  "-",
  "1",
  " ",
  "é",
  ".",
  "\\w",
  "\\d",
  "\\s",
  "\\S",
  "\\W",
  "[ab]",
  "[^a]",
  "[a-z]",
  "\\b",
  "^",
  "$"
]
const quantifiers = ["*", "+", "?", "*?", "+?", "{2}", "{1,3}", "{2,}", "{0,20}"]
const groups = ["(", "(?:", "(?<x>", "(?=", "(?!", "(?<=", "(?<!"]

const drawSource = (random: Random, depth: number): string => {
  const part = (): string => {
    const atom =
      depth > 0 && random.oneIn(3)
        ? `${random.pick(groups)}${drawSource(random, depth - 1)})`
        : random.oneIn(25)
          ? random.pick(["\\1", "\\k<x>"])
          : random.pick(atoms)
    return random.oneIn(2) ? atom + random.pick(quantifiers) : atom
  }
  const sequence = () => part() + random.several(4, part).join("")
  return random.oneIn(4) ? `${sequence()}|${sequence()}` : sequence()
}

const toPattern = (source: string, flags: string): RegExp | undefined => {
  try {
    return new RegExp(source, flags)
  } catch {
    return undefined
  }
}

const safePattern = (random: Random): RegExp => {
  for (;;) {
    const pattern = toPattern(drawSource(random, 3), random.pick(["g", "gi", "gu", "gs", "gm", "gv"]))
    if (pattern !== undefined && SensitiveDataFilter.isSafePattern(pattern)) return pattern
  }
}

interface Hostile {
  readonly start: string
  /** A few characters, again and again. */
  readonly unit: string
  /** Perhaps one that does not fit. */
  readonly end: string
}

const drawHostile = (random: Random): Hostile => {
  const alphabet = random.pick(["ab", "ab1- ", "a", "1a", "a é", "ab1 -!\n"])
  return {
    start: random.text(alphabet, 3),
    unit: random.oneIn(3) ? random.exactly(alphabet, 40) : random.exactly(alphabet, 1 + random.below(4)),
    end: random.pick(["", "!", "b", "\n", "é"])
  }
}

const textOf = ({ end, start, unit }: Hostile): string => start + unit.repeat(piece).slice(0, piece - 4) + end

const script = new Script("while (pattern.exec(text)?.[0]);")

export const pattern = target(
  "pattern",
  (random) => ({ pattern: safePattern(random), texts: Array.from({ length: 6 }, () => drawHostile(random)) }),
  ({ pattern, texts }) => {
    for (const text of texts) {
      pattern.lastIndex = 0
      script.runInContext(createContext({ pattern, text: textOf(text) }), { timeout: maxMillis })
    }
  }
)
