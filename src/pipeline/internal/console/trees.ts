/** Collects what is printed until a tree is complete: children end before their parents, and most come in other batches. */
import type { Item } from "./item.js"

/** An item with all that stand under it, in the order in which they are printed. */
export interface Tree {
  readonly rows: ReadonlyArray<Row>
  /** Whether nothing stands above it: it was not torn off a larger tree. */
  readonly isWhole: boolean
}

export interface Row {
  readonly item: Item
  readonly around: Item | undefined
  readonly children: ReadonlyArray<Item>
  /** How its own line is indented, and how those below it are. */
  readonly own: string
  readonly below: string
}

/** How many items may wait, of which none has more than some hundred characters; as many spans are known as open, or printed. */
export const maxItems = 10_000

/** How long a trace may wait for an open span: milliseconds. */
export const maxAge = 300_000

/** How long it waits for a span of which nobody knows whether it will come: milliseconds. */
export const maxIdle = 10_000

/** The items of one trace that wait. */
interface Waiting {
  readonly spans: Map<string, Item>
  readonly leaves: Array<Item>
  readonly since: number
  last: number
}

/**
 * Items by their traces. A tree is printed when its topmost span has ended: one without a parent in this process, or, under
 * a span that is still open, the topmost of its session, which is a turn.
 */
export class Trees {
  private readonly traces = new Map<string, Waiting>()
  /** Spans that were shown while they run. */
  private readonly open = new Map<string, Item>()
  /** The spans that were printed last: what comes late for one of them is printed at once. */
  private readonly printed = new Set<string>()
  private items = 0

  /** Takes items in, and gives the trees that are to be printed now, as well as those that waited for too long. */
  add(added: ReadonlyArray<Item>, now: number): ReadonlyArray<Tree> {
    const trees: Array<Tree> = []
    const touched = new Set<string>()
    for (const item of added) {
      const { isOpen, parentId, spanId, traceId } = item
      if (isOpen) this.show(item)
      else if (traceId === undefined || (spanId ?? parentId) === undefined) trees.push(alone(item))
      else {
        this.keep(item, now)
        touched.add(traceId)
      }
    }
    for (const traceId of touched) trees.push(...this.release(traceId))
    return [...trees, ...this.overdue(now)]
  }

  /** All that is left, what is still open too. */
  rest(): ReadonlyArray<Tree> {
    for (const item of this.open.values()) this.keep(item, 0)
    this.open.clear()
    return Array.from(this.traces.keys(), (traceId) => this.release(traceId, "all")).flat()
  }

  private show(item: Item): void {
    const spanId = item.spanId as string
    if (this.printed.has(spanId) || this.traces.get(item.traceId as string)?.spans.has(spanId)) return
    this.open.set(spanId, item)
    if (this.open.size > maxItems) deleteFirst(this.open)
  }

  private keep(item: Item, now: number): void {
    const traceId = item.traceId as string
    let trace = this.traces.get(traceId)
    if (trace === undefined) {
      trace = { spans: new Map(), leaves: [], since: now, last: now }
      this.traces.set(traceId, trace)
    }
    trace.last = now
    this.items++
    if (item.spanId === undefined) {
      trace.leaves.push(item)
      return
    }
    this.open.delete(item.spanId)
    if (trace.spans.has(item.spanId)) this.items--
    trace.spans.set(item.spanId, item)
  }

  /** Traces that waited for too long, and the oldest while there are too many. */
  private overdue(now: number): ReadonlyArray<Tree> {
    const trees: Array<Tree> = []
    for (const [traceId, { last, since }] of this.traces) {
      if (this.items > maxItems || now - since >= maxAge) trees.push(...this.release(traceId, "all"))
      else if (now - last >= maxIdle) trees.push(...this.release(traceId, "orphans"))
    }
    return trees
  }

  /** Takes the trees of a trace that are complete; also those whose parent is unknown, or all that it has. */
  private release(traceId: string, also?: "orphans" | "all"): ReadonlyArray<Tree> {
    const waiting = this.traces.get(traceId) as Waiting
    const { leaves, spans } = waiting
    const childrenOf = childrenIn(waiting)
    const taken = new Set<Item>()
    const trees: Array<Tree> = []
    const take = (top: Item, isWhole: boolean): void => {
      trees.push({ rows: rowsOf(top, childrenOf, taken), isWhole })
    }
    for (const item of [...spans.values(), ...leaves]) {
      const { parentId } = item
      if (parentId === undefined) take(item, true)
      else if (spans.has(parentId)) continue
      else {
        const around = this.open.get(parentId)
        const isOrphan = around === undefined && also === "orphans"
        if (also === "all" || isOrphan || this.printed.has(parentId)) take(item, false)
        else if (around !== undefined) for (const turn of turnsUnder(around, item, childrenOf)) take(turn, true)
      }
    }
    // Left of all are circles, which have no top.
    if (also === "all") for (const span of spans.values()) if (!taken.has(span)) take(span, false)
    this.forget(traceId, waiting, taken)
    return trees
  }

  private forget(traceId: string, { leaves, spans }: Waiting, taken: ReadonlySet<Item>): void {
    this.items -= taken.size
    for (const item of taken) {
      if (item.spanId === undefined) continue
      spans.delete(item.spanId)
      this.printed.add(item.spanId)
      if (this.printed.size > maxItems) deleteFirst(this.printed)
    }
    const staying = leaves.filter((leaf) => !taken.has(leaf))
    leaves.splice(0, leaves.length, ...staying)
    if (spans.size + leaves.length === 0) this.traces.delete(traceId)
  }
}

type ChildrenOf = (item: Item) => ReadonlyArray<Item>

const none: ReadonlyArray<Item> = []

const childrenIn = ({ leaves, spans }: Waiting): ChildrenOf => {
  const children = new Map<string, Array<Item>>()
  for (const item of [...spans.values(), ...leaves]) {
    if (item.parentId === undefined) continue
    const siblings = children.get(item.parentId)
    if (siblings === undefined) children.set(item.parentId, [item])
    else siblings.push(item)
  }
  for (const siblings of children.values()) siblings.sort(byTime)
  return ({ spanId }) => (spanId === undefined ? none : (children.get(spanId) ?? none))
}

export const byTime = (a: Item, b: Item): number => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)

/** The topmost spans of another session than that of the open span around. */
const turnsUnder = (around: Item, item: Item, childrenOf: ChildrenOf): ReadonlyArray<Item> => {
  const turns: Array<Item> = []
  const seen = new Set<Item>()
  const todo = [{ around, item }]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { around, item } = next
    if (item.spanId === undefined || seen.has(item)) continue
    seen.add(item)
    if (item.sessionId !== undefined && item.sessionId !== around.sessionId) turns.push(item)
    else for (const child of childrenOf(item)) todo.push({ around: item, item: child })
  }
  return turns
}

/** Beyond it no line is indented further. */
const maxIndentation = 60

/** A span and all under it that are in no other tree yet. */
const rowsOf = (top: Item, childrenOf: ChildrenOf, taken: Set<Item>): ReadonlyArray<Row> => {
  const rows: Array<Row> = []
  const todo: Array<Omit<Row, "children">> = [{ item: top, around: undefined, own: "", below: "" }]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { below, item } = next
    if (taken.has(item)) continue
    taken.add(item)
    const children = childrenOf(item)
    rows.push({ ...next, children })
    const isDeep = below.length >= maxIndentation
    for (let i = children.length - 1; i >= 0; i--) {
      const isLast = i === children.length - 1
      todo.push({
        item: children[i] as Item,
        around: item,
        own: below + (isLast ? "└─ " : "├─ "),
        below: isDeep ? below : below + (isLast ? "   " : "│  ")
      })
    }
  }
  return rows
}

const alone = (item: Item): Tree => ({
  rows: [{ item, around: undefined, children: none, own: "", below: "" }],
  isWhole: true
})

const deleteFirst = (collection: Map<string, unknown> | Set<string>): void => {
  for (const key of collection.keys()) {
    collection.delete(key)
    return
  }
}
