/** Two traces as one tree: spans are the same where their names are, and those of all that is above them. */
import type { OutlineSpan } from "../../../internal/encoded.js"
import type { Tree } from "../trace/tree.js"

export interface Node {
  readonly key: string
  readonly name: string
  /** Its name in the second trace, where that is another one. */
  readonly renamed: string | undefined
  readonly depth: number
  readonly a: OutlineSpan | undefined
  readonly b: OutlineSpan | undefined
}

/** The spans directly below one of a tree, or the roots of it. */
const below = (tree: Tree, above: OutlineSpan | null | undefined): ReadonlyArray<OutlineSpan> => {
  if (above === undefined) return []
  const at = above === null ? -1 : (tree.indexOf.get(above.spanId) as number)
  const end = at < 0 ? tree.spans.length : (tree.after[at] as number)
  const found: Array<OutlineSpan> = []
  for (let i = at + 1; i < end; i = tree.after[i] as number) found.push(tree.spans[i] as OutlineSpan)
  return found
}

/** The nodes of both, each before those below it. */
export const merged = (a: Tree, b: Tree): ReadonlyArray<Node> => {
  const nodes: Array<Node> = []
  const stack = paired(below(a, null), below(b, null), 0).reverse()
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    nodes.push(node)
    for (const child of paired(below(a, node.a), below(b, node.b), node.depth + 1).reverse()) stack.push(child)
  }
  return nodes
}

/** A call of another model, or a run of another agent, is the same step by another name. */
const renamed: ReadonlySet<string> = new Set([
  "agent_run",
  "model_generation",
  "workflow_run",
  "workflow_step",
  "retrieval"
] satisfies ReadonlyArray<OutlineSpan["spanType"]>)

/**
 * The spans of two lists by name: the first of a name with the first of it; those that are left by type, where the type says
 * enough. What has no partner stays where it was.
 */
const paired = (a: ReadonlyArray<OutlineSpan>, b: ReadonlyArray<OutlineSpan>, depth: number): Array<Node> => {
  const partners: Array<number | undefined> = a.map(() => undefined)
  const taken = new Set<number>()
  const pairBy = (keyOf: (span: OutlineSpan) => string | undefined) => {
    const waiting = new Map<string, Array<number>>()
    for (const [j, span] of b.entries()) {
      const key = taken.has(j) ? undefined : keyOf(span)
      if (key === undefined) continue
      const known = waiting.get(key)
      if (known === undefined) waiting.set(key, [j])
      else known.push(j)
    }
    // From the end: the last one is taken in a moment, the first one is not.
    for (const list of waiting.values()) list.reverse()
    for (const [i, span] of a.entries()) {
      if (partners[i] !== undefined) continue
      const partner = waiting.get(keyOf(span) ?? "")?.pop()
      if (partner === undefined) continue
      partners[i] = partner
      taken.add(partner)
    }
  }
  pairBy(({ name }) => `${name} `)
  pairBy(({ spanType }) => (renamed.has(spanType) ? spanType : undefined))

  const nodes: Array<Node> = []
  let next = 0
  const alone = (until: number) => {
    for (; next < until; next++) if (!taken.has(next)) nodes.push(nodeOf(undefined, b[next], depth))
  }
  for (const [i, span] of a.entries()) {
    const partner = partners[i]
    if (partner !== undefined) alone(partner)
    nodes.push(nodeOf(span, partner === undefined ? undefined : b[partner], depth))
  }
  alone(b.length)
  return nodes
}

const nodeOf = (a: OutlineSpan | undefined, b: OutlineSpan | undefined, depth: number): Node => ({
  key: `${a?.spanId ?? ""}.${b?.spanId ?? ""}`,
  name: (a ?? b)?.name ?? "",
  renamed: a === undefined || b === undefined || a.name === b.name ? undefined : b.name,
  depth,
  a,
  b
})
