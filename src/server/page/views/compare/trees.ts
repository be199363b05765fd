/** Two traces as one tree: spans are the same where their names are, and those of all that is above them. */
import type { OutlineSpan } from "../../../internal/encoded.js"

export interface Node {
  readonly key: string
  readonly name: string
  /** Its name in the second trace, where that is another one. */
  readonly renamed: string | undefined
  readonly depth: number
  readonly a: OutlineSpan | undefined
  readonly b: OutlineSpan | undefined
}

type Tree = {
  readonly roots: ReadonlyArray<OutlineSpan>
  readonly below: ReadonlyMap<string, ReadonlyArray<OutlineSpan>>
}

/** Spans whose parent is not there are roots, and the first of those that are below each other in a circle. */
const treeOf = (spans: ReadonlyArray<OutlineSpan>): Tree => {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const roots: Array<OutlineSpan> = []
  const below = new Map<string, Array<OutlineSpan>>()
  for (const span of spans) {
    const { parentSpanId } = span
    if (parentSpanId === undefined || parentSpanId === span.spanId || !ids.has(parentSpanId)) roots.push(span)
    else if (below.has(parentSpanId)) below.get(parentSpanId)?.push(span)
    else below.set(parentSpanId, [span])
  }
  const reached = new Set<OutlineSpan>()
  const reach = (root: OutlineSpan) => {
    const stack = [root]
    for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
      reached.add(span)
      for (const child of below.get(span.spanId) ?? []) stack.push(child)
    }
  }
  for (const root of roots) reach(root)
  for (const span of spans) {
    if (reached.has(span)) continue
    const { parentSpanId = "" } = span
    below.set(parentSpanId, below.get(parentSpanId)?.filter((other) => other !== span) ?? [])
    roots.push(span)
    reach(span)
  }
  return { roots, below }
}

/** The nodes of both, each before those below it. */
export const merged = (a: ReadonlyArray<OutlineSpan>, b: ReadonlyArray<OutlineSpan>): ReadonlyArray<Node> => {
  const [left, right] = [treeOf(a), treeOf(b)]
  const nodes: Array<Node> = []
  const stack = paired(left.roots, right.roots, 0).reverse()
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    nodes.push(node)
    const below = paired(
      node.a === undefined ? [] : (left.below.get(node.a.spanId) ?? []),
      node.b === undefined ? [] : (right.below.get(node.b.spanId) ?? []),
      node.depth + 1
    )
    for (const child of below.reverse()) stack.push(child)
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
