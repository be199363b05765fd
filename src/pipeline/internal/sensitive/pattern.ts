/**
 * An upper bound for the backtracking of a pattern, in bits. Repetition and alternatives are free where the next
 * character decides them. Where it does not, the number of ways multiplies, so bits add up.
 */

type Node =
  | { readonly type: "characters"; readonly set: Characters }
  | { readonly type: "sequence"; readonly nodes: ReadonlyArray<Node> }
  | { readonly type: "choice"; readonly nodes: ReadonlyArray<Node> }
  | { readonly type: "repeat"; readonly node: Node; readonly min: number; readonly max: number }
  | { readonly type: "look"; readonly node: Node; readonly behind: boolean }

/** The samples that a part of a pattern matches. */
type Characters = ReadonlySet<string>

/** Repetitions of up to 16 times count as a constant factor. */
const many = 16

/** Bits of a repetition without an end: a piece of a text has 2,048 characters, 2 to the power of 11. */
const endless = 11

/** Bits that are still quick: 16 times the square of the length of a piece. */
const maxBits = 2 * endless + Math.log2(many)

/**
 * Whether the time grows with more than the square of the length of a text. It says so of some patterns that are quick, too:
 * they can be written in another way.
 */
export const isSlow = (pattern: RegExp): boolean => {
  if (pattern.flags.includes("v") && strings.test(pattern.source)) return true
  const root = parse(pattern)
  /** Characters that a variable part has matched: one that repeats, or has several ways to match. */
  let varying = none
  /** Before which a repetition may end or go on: it is tried at each of these. */
  let ends = none
  /** Whether something without an end came before, each of whose ends is tried. */
  let repeated = false
  /** The bits of the lookaround that takes longest. It has one result, so that those of several do not multiply. */
  let looks = 0

  /** In how many ways a match can go on, where it is tried so many times. */
  const bits = (node: Node, follow: Characters, times: number): number => {
    switch (node.type) {
      case "characters":
        return 0
      case "look": {
        const before = repeated
        const inner = bits(node.behind ? reversed(node.node) : node.node, none, 1)
        repeated = before
        const once = Math.max(inner, isEndless(node.node) ? endless : 0)
        if (once > 0) looks = Math.max(looks, once + (before || times > many ? endless : 0))
        return 0
      }
      case "choice": {
        const firsts = node.nodes.map(first)
        const alike = mostIn(firsts)
        const each = node.nodes.map((member) => bits(member, follow, times))
        if (alike > 1) varying = union(varying, charactersOf(node))
        return Math.max(...each) + (alike > 1 ? times * Math.log2(alike) : 0)
      }
      case "sequence":
        return node.nodes.reduce((sum, member, index) => {
          const rest: Node = { type: "sequence", nodes: node.nodes.slice(index + 1) }
          return sum + bits(member, isOptional(rest) ? union(first(rest), follow) : first(rest), times)
        }, 0)
      case "repeat": {
        const { max, min } = node
        const start = first(node.node)
        const within = bits(
          node.node,
          max > 1 ? union(follow, start) : follow,
          times * (max > many ? Number.POSITIVE_INFINITY : max)
        )
        const all = charactersOf(node.node)
        const again = max > many && times === 1 && overlap(all, ends)
        if (max > min) varying = union(varying, all)
        if (max > many && max > min) repeated = true
        if (min === max || !overlap(start, follow)) return within + (again ? endless : 0)
        if (max > many) ends = union(ends, new Set([...start].filter((character) => follow.has(character))))
        return within + times * (max > many ? endless : Math.log2(max - min + 1))
      }
    }
  }

  const ways = bits(root, none, 1)
  const once = pattern.source.startsWith("^") && !pattern.multiline && root.nodes.length === 1
  const apart = !isOptional(root) && !overlap(first(root), varying)
  return Math.max(ways, looks === 0 ? 0 : looks + Math.max(0, ways - endless)) + (once || apart ? 0 : endless) > maxBits
}

/** Classes of strings of several characters, which a set of characters cannot say. */
const strings = /\\q\{|\\p\{(?:Basic_Emoji|RGI_|Emoji_Keycap)/

/** As a lookbehind is matched: from its end. */
const reversed = (node: Node): Node =>
  node.type === "sequence"
    ? { type: "sequence", nodes: node.nodes.map(reversed).reverse() }
    : node.type === "choice"
      ? { type: "choice", nodes: node.nodes.map(reversed) }
      : node.type === "repeat"
        ? { ...node, node: reversed(node.node) }
        : node

const isEndless = (node: Node): boolean =>
  node.type === "repeat"
    ? node.max > many || isEndless(node.node)
    : "nodes" in node
      ? node.nodes.some(isEndless)
      : node.type === "look" && isEndless(node.node)

const none: Characters = new Set()

/** In how many of the sets the same character is, at most. */
const mostIn = (sets: ReadonlyArray<Characters>): number => {
  const counts = new Map<string, number>()
  for (const set of sets) for (const character of set) counts.set(character, (counts.get(character) ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

const charactersOf = (node: Node): Characters =>
  node.type === "characters"
    ? node.set
    : "nodes" in node
      ? node.nodes.map(charactersOf).reduce(union, none)
      : charactersOf(node.node)

/** The characters with which a match may begin. */
const first = (node: Node): Characters => {
  switch (node.type) {
    case "characters":
      return node.set
    case "look":
      return none
    case "choice":
      return node.nodes.map(first).reduce(union, none)
    case "sequence": {
      const end = node.nodes.findIndex((member) => !isOptional(member))
      return node.nodes
        .slice(0, end < 0 ? undefined : end + 1)
        .map(first)
        .reduce(union, none)
    }
    case "repeat":
      return first(node.node)
  }
}

const isOptional = (node: Node): boolean => {
  switch (node.type) {
    case "characters":
      return false
    case "look":
      return true
    case "choice":
      return node.nodes.some(isOptional)
    case "sequence":
      return node.nodes.every(isOptional)
    case "repeat":
      return node.min === 0 || isOptional(node.node)
  }
}

const union = (a: Characters, b: Characters): Characters => new Set([...a, ...b])
const overlap = (a: Characters, b: Characters): boolean => [...a].some((character) => b.has(character))

const open = /\((?:\?(?:[:=!]|<[=!]|<[^>]+>|[a-z-]+:))?/y
const assertion = /\^|\$|\\[bB]/y
const reference = /\\(?:[1-9]\d*|k<[^>]*>)/y
const characters = /\\(?:u\{[^}]*\}|u[\dA-Fa-f]{4}|x[\dA-Fa-f]{2}|c[A-Za-z]|[pP]\{[^}]*\}|.)|./suy
const quantifier = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y

/**
 * Sample characters that tell the usual classes apart: all up to U+024F, a line separator, a Chinese character and a
 * lone surrogate.
 */
const samples = [...Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code)), "\u2028", "\u4e2d", "\ud83d"]

/**
 * Sample characters: the fixed set, each character in the pattern, and its two neighbours, so that both sides of every
 * boundary of a class are tried.
 */
const samplesOf = (source: string): ReadonlyArray<string> => {
  const named = source.replace(/\\u(?:\{([\dA-Fa-f]+)\}|([\dA-Fa-f]{4}))/g, (_, point, unit) =>
    String.fromCodePoint(Math.min(Number.parseInt(point ?? unit, 16), 0x10ffff))
  )
  const beside = [...named, ...named.split("")].flatMap((character) => {
    const code = character.codePointAt(0) ?? 0
    const near = [code - 1, code, code + 1].filter((code) => code >= 0 && code <= 0x10ffff)
    return near.map((code) => String.fromCodePoint(code))
  })
  const others = beside.filter((character) => character > "\u024f")
  return [...new Set([...samples, ...others.flatMap((_) => [_, _.toLowerCase(), _.toUpperCase()])])]
}

const parse = ({ flags, source }: RegExp): Node & { readonly type: "choice" } => {
  const samples = samplesOf(source)
  let at = 0

  const take = (token: RegExp): RegExpExecArray | undefined => {
    token.lastIndex = at
    const found = token.exec(source) ?? undefined
    at += found?.[0].length ?? 0
    return found
  }

  const choice = (): Node & { readonly type: "choice" } => {
    const nodes = [sequence()]
    while (source[at] === "|") {
      at++
      nodes.push(sequence())
    }
    return { type: "choice", nodes }
  }

  const sequence = (): Node => {
    const nodes: Array<Node> = []
    while (at < source.length && source[at] !== "|" && source[at] !== ")") nodes.push(repeat(term()))
    return { type: "sequence", nodes }
  }

  const term = (): Node => {
    const opened = take(open)
    if (opened !== undefined) {
      const node = choice()
      at++
      return /[=!]$/.test(opened[0]) ? { type: "look", node, behind: opened[0].includes("<") } : node
    }
    if (take(assertion) !== undefined) return { type: "sequence", nodes: [] }
    if (take(reference) !== undefined) {
      return { type: "repeat", node: { type: "characters", set: new Set(samples) }, min: 0, max: 1 }
    }
    return { type: "characters", set: matching(source[at] === "[" ? characterClass() : (take(characters)?.[0] ?? "")) }
  }

  const characterClass = (): string => {
    const start = at
    let depth = 0
    do {
      if (source[at] === "\\") at++
      else if (source[at] === "[" && (depth === 0 || flags.includes("v"))) depth++
      else if (source[at] === "]") depth--
      at++
    } while (depth > 0)
    return source.slice(start, at)
  }

  const matching = (term: string): Characters => {
    const pattern = new RegExp(`^${term}$`, flags.replace(/[gym]/g, ""))
    return new Set(samples.filter((sample) => pattern.test(sample)))
  }

  const repeat = (node: Node): Node => {
    const [, sign, least, comma, most] = take(quantifier) ?? []
    if (sign !== undefined)
      return { type: "repeat", node, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Number.POSITIVE_INFINITY }
    if (least === undefined) return node
    const max = comma === undefined ? Number(least) : most ? Number(most) : Number.POSITIVE_INFINITY
    return { type: "repeat", node, min: Number(least), max }
  }

  return choice()
}
