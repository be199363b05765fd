/**
 * How long a pattern can take: not long where the next character says how often to repeat something, and which of several
 * parts comes next.
 */

type Node =
  | { readonly type: "characters"; readonly set: Characters }
  | { readonly type: "sequence" | "choice"; readonly nodes: ReadonlyArray<Node> }
  | { readonly type: "repeat"; readonly node: Node; readonly min: number; readonly max: number }
  | { readonly type: "look"; readonly node: Node }

/** Those of the samples that something matches. */
type Characters = ReadonlySet<string>

/** Up to this a repetition is a constant factor. */
const many = 16

/** What tells classes of characters apart. */
const samples = [...Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code)), "\u2028", "\u4e2d", "\ud83d"]

/**
 * Whether the time grows exponentially with the length of a text, or with more than its square. It says so of some patterns
 * that are quick, too: they can be written in another way.
 */
export const isSlow = (pattern: RegExp): boolean => choices(parse(pattern), none, false) > 1

const none: Characters = new Set()

/** How often a match has as many ways to go on as the text is long: for ever, if that is within what is repeated. */
const choices = (node: Node, follow: Characters, repeated: boolean): number => {
  switch (node.type) {
    case "characters":
      return 0
    case "look":
      return choices(node.node, none, false)
    case "choice": {
      const firsts = node.nodes.map(first)
      const alike = firsts.some((set, index) => firsts.slice(0, index).some((other) => overlap(set, other)))
      return repeated && alike
        ? Number.POSITIVE_INFINITY
        : Math.max(...node.nodes.map((member) => choices(member, follow, repeated)))
    }
    case "sequence":
      return node.nodes.reduce((sum, member, index) => {
        const rest: Node = { type: "sequence", nodes: node.nodes.slice(index + 1) }
        return sum + choices(member, isOptional(rest) ? union(first(rest), follow) : first(rest), repeated)
      }, 0)
    case "repeat": {
      const { max, min } = node
      const start = first(node.node)
      const free = min !== max && overlap(start, follow)
      const here = !free ? 0 : repeated ? Number.POSITIVE_INFINITY : max > many ? 1 : 0
      return here + choices(node.node, max > 1 ? union(follow, start) : follow, repeated || max > many)
    }
  }
}

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

const parse = ({ flags, source }: RegExp): Node => {
  let at = 0

  const take = (token: RegExp): RegExpExecArray | undefined => {
    token.lastIndex = at
    const found = token.exec(source) ?? undefined
    at += found?.[0].length ?? 0
    return found
  }

  const choice = (): Node => {
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
      return /[=!]$/.test(opened[0]) ? { type: "look", node } : node
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
