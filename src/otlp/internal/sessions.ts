/**
 * The things that a trace tells of its spans later than they come: children are sent before their parents, and the session,
 * the thread and the user stand on one span of some senders alone. So does that a call of a model, or of a tool, is within
 * another one, and is to be counted once.
 */
import * as ownMetrics from "../../runtime/ownMetrics.js"
import { isEmbedding, toolCall } from "../../signal/conventions/index.js"
import { sizeOf } from "../../signal/internal/size.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { Score } from "../../signal/Score.js"
import type { SpanRecord, SpanType } from "../../signal/SpanRecord.js"
import { signals, unchecked } from "../../signal/signals.js"
import { isOwn } from "./mapped.js"
import { Traced } from "./mapping/traced.js"

/** Records of what was received. */
export interface Records {
  readonly spans: ReadonlyArray<SpanRecord>
  readonly logs: ReadonlyArray<LogRecord>
  readonly scores: ReadonlyArray<Score>
}

export interface Sessions {
  /**
   * Takes records in, and gives those to be emitted: each of them with what is known by now, but spans made of logs that tell
   * what other spans do.
   */
  readonly learn: (records: Records) => Records
  /**
   * Earlier records of which something is known by now that was not, to be emitted again, a part at a time; nothing where
   * there are none. Of two records of one span the later one replaces the earlier.
   */
  readonly more: () => Records | undefined
}

/** The bounds of what is remembered: traces, their spans, and the bytes of the records that may be emitted again. */
export interface Bounds {
  readonly traces: number
  readonly spans: number
  readonly bytes: number
}

const defaults: Bounds = { traces: 20_000, spans: 100_000, bytes: 32 * 2 ** 20 }

export const make = (bounds: Partial<Bounds> = {}): Sessions => new Memory({ ...defaults, ...bounds })

/** The fields that the spans of a trace have in common, or that those below a span have of it. */
const inherited = ["sessionId", "threadId", "userId"] as const
type Inherited = (typeof inherited)[number]
type Known = { [F in Inherited]?: SpanRecord[F] }

interface Node {
  readonly spanId: string
  parentId: string | undefined
  /** The fields that the span has itself. */
  own: Known
  type: SpanType
  usage: boolean
  failed: boolean
  embedding: boolean
  tool: ReadonlyArray<unknown>
  ended: boolean
  /** The record, as long as it may be emitted again, with its bytes. */
  record: SpanRecord | undefined
  bytes: number
  /** The record as it was emitted last. */
  given: Known & { readonly spanType?: SpanType }
  /** The batch that it came in last. */
  turn: number
}

interface Leaf {
  readonly key: string
  readonly signal: "logs" | "scores"
  readonly record: LogRecord | Score
  readonly bytes: number
}

interface Trace {
  readonly nodes: Map<string, Node>
  readonly children: Map<string, Set<Node>>
  /** Logs and scores without a session, by their id. */
  readonly leaves: Map<string, Leaf>
  /** The spans whose record is kept. */
  readonly held: Set<Node>
  /** For each field its value, as long as the spans name but one. */
  readonly only: { [F in Inherited]?: SpanRecord[F] | null }
  bytes: number
}

const makers = { spans: unchecked(signals.spans), logs: unchecked(signals.logs), scores: unchecked(signals.scores) }

/** Of the spans below one that comes late, so many are looked at again. */
const maxBelow = 20_000
/** So many records are looked at again at a time: they are copied. */
const maxAgain = 100
/** No chain of parents is followed further. */
const maxDepth = 1_000

/** Records of a trace that are to be looked at again. */
interface Again {
  readonly trace: Trace
  readonly items: Iterator<Node | Leaf>
}

class Memory implements Sessions {
  private readonly traces = new Map<string, Trace>()
  private spans = 0
  private bytes = 0
  private turn = 0
  private readonly again: Array<Again> = []
  private readonly traced = new Traced()

  constructor(private readonly bounds: Bounds) {}

  readonly learn = ({ logs, scores, spans }: Records): Records => {
    const records = { logs, scores, spans: this.traced.once(spans) }
    const changed = new Map<Node, Trace>()
    const told = new Set<Trace>()
    this.turn++
    for (const span of records.spans) {
      const trace = this.traceOf(span.traceId)
      if (this.take(trace, span)) told.add(trace)
    }
    let budget = maxBelow
    for (const { spanId, traceId } of records.spans) {
      const trace = this.traces.get(traceId)
      const node = trace?.nodes.get(spanId)
      if (trace !== undefined && node !== undefined) {
        budget = markAround(trace, node, changed, told.has(trace) ? 0 : budget)
      }
    }
    const given = {
      spans: records.spans.map((span) => this.give(span)),
      logs: records.logs.map((log) => this.giveLeaf("logs", log.logId, log, makers.logs)),
      scores: records.scores.map((score) => this.giveLeaf("scores", score.scoreId, score, makers.scores))
    }
    for (const [node, trace] of changed) if (node.turn !== this.turn) this.again.push({ trace, items: [node].values() })
    for (const trace of told) this.again.push({ trace, items: trace.held.values() })
    for (const trace of new Set([...told, ...changed.values()])) {
      if (trace.leaves.size > 0) this.again.push({ trace, items: trace.leaves.values() })
    }
    this.forget()
    return given
  }

  readonly more = (): Records | undefined => {
    if (this.again.length === 0) return undefined
    const again = {
      spans: [] as Array<SpanRecord>,
      logs: [] as Array<LogRecord>,
      scores: [] as Array<Score>
    }
    let parts = 0
    for (let left = maxAgain; left > 0 && parts < this.again.length; left--) {
      const { items, trace } = this.again[parts] as Again
      const next = items.next()
      if (next.done) parts++
      else if ("signal" in next.value) this.giveLeafAgain(trace, next.value, again)
      else this.giveAgain(trace, next.value, again.spans)
    }
    this.again.splice(0, parts)
    return again
  }

  /** The trace of an id, as the one that was used last. */
  private traceOf(traceId: string): Trace {
    const known = this.traces.get(traceId)
    const trace = known ?? {
      nodes: new Map(),
      children: new Map(),
      leaves: new Map(),
      held: new Set<Node>(),
      only: {},
      bytes: 0
    }
    if (known !== undefined) this.traces.delete(traceId)
    this.traces.set(traceId, trace)
    return trace
  }

  /** Takes note of a span; whether it is the first to tell the trace something. */
  private take(trace: Trace, span: SpanRecord): boolean {
    const { parentSpanId, spanId } = span
    const known = trace.nodes.get(spanId)
    const node: Node = known ?? {
      spanId,
      parentId: undefined,
      own: {},
      ended: false,
      bytes: 0,
      given: {},
      turn: 0,
      ...facts(span)
    }
    if (known === undefined) {
      trace.nodes.set(spanId, node)
      this.spans++
    }
    let tells = false
    for (const field of inherited) {
      const value = span[field]
      if (value === undefined) continue
      node.own = { ...node.own, [field]: value }
      tells = addOnly(trace, field, value as never) || tells
    }
    if (node.parentId !== parentSpanId && parentSpanId !== spanId) {
      if (node.parentId !== undefined) trace.children.get(node.parentId)?.delete(node)
      node.parentId = parentSpanId
      if (parentSpanId !== undefined) {
        const children = trace.children.get(parentSpanId)
        if (children === undefined) trace.children.set(parentSpanId, new Set([node]))
        else children.add(node)
      }
    }
    // A running span that comes after its end is of no use.
    if (node.ended && span.endTime === undefined) return tells
    node.ended = span.endTime !== undefined
    this.release(trace, node)
    Object.assign(node, facts(span))
    this.hold(trace, node, span)
    return tells
  }

  private hold(trace: Trace, node: Node, span: SpanRecord): void {
    if (isOwn(span) || (node.own.sessionId !== undefined && !isCall(node))) return
    node.record = span
    node.bytes = sizeOf.spans(span)
    trace.held.add(node)
    this.add(trace, node.bytes)
  }

  private release(trace: Trace, node: Node): void {
    if (node.record === undefined) return
    node.record = undefined
    trace.held.delete(node)
    this.add(trace, -node.bytes)
    node.bytes = 0
  }

  private add(trace: Trace, bytes: number): void {
    trace.bytes += bytes
    this.bytes += bytes
  }

  /** A span with what is known of it. */
  private give(span: SpanRecord): SpanRecord {
    const trace = this.traces.get(span.traceId)
    const node = trace?.nodes.get(span.spanId)
    if (trace === undefined || node === undefined || isOwn(span)) return span
    const now = knownOf(trace, node)
    const spanType = span.spanType === node.type ? typeIn(trace, node) : span.spanType
    const given = made(span, now.known, spanType)
    // A running span that comes after its end is not what was emitted last.
    if (node.ended && span.endTime === undefined) return given
    node.given = { ...now.known, spanType }
    node.turn = this.turn
    if (now.isSure && !isCall(node)) this.release(trace, node)
    return given
  }

  /** A log or a score with what is known of it. Without a session it is kept until there is one. */
  private giveLeaf<R extends LogRecord | Score>(
    signal: Leaf["signal"],
    id: string,
    record: R,
    make: (fields: object) => R
  ): R {
    if (record.traceId === undefined || isOwn(record)) return record
    const trace = this.traceOf(record.traceId)
    const known = this.ofLeaf(trace, record)
    const key = signal + id
    this.dropLeaf(trace, key)
    if (known.sessionId === undefined) {
      const bytes = sizeOf[signal](record as never)
      trace.leaves.set(key, { key, signal, record, bytes })
      this.add(trace, bytes)
    }
    return inherited.every((field) => known[field] === record[field]) ? record : make({ ...record, ...defined(known) })
  }

  private dropLeaf(trace: Trace, key: string): void {
    const leaf = trace.leaves.get(key)
    if (leaf === undefined) return
    trace.leaves.delete(key)
    this.add(trace, -leaf.bytes)
  }

  /** The fields that the span of a log or a score says, else the trace. */
  private ofLeaf(trace: Trace, record: LogRecord | Score): Known {
    const node = record.spanId === undefined ? undefined : trace.nodes.get(record.spanId)
    const known = node === undefined ? onlyOf(trace) : knownOf(trace, node).known
    return {
      sessionId: record.sessionId ?? known.sessionId,
      threadId: record.threadId ?? known.threadId,
      userId: record.userId ?? known.userId
    }
  }

  /** A span of which more may be known than when it was emitted. */
  private giveAgain(trace: Trace, node: Node, again: Array<SpanRecord>): void {
    const { given, record } = node
    if (record === undefined) return
    const { isSure, known } = knownOf(trace, node)
    const spanType = typeIn(trace, node)
    // A session that was given once is not taken away where a second one makes it less sure.
    const now = { ...given, ...defined(known), spanType }
    if (inherited.some((field) => now[field] !== given[field]) || spanType !== given.spanType) {
      again.push(made(record, now, spanType))
      node.given = now
    }
    if (isSure && !isCall(node)) this.release(trace, node)
  }

  private giveLeafAgain(
    trace: Trace,
    { key, record, signal }: Leaf,
    again: { readonly logs: Array<LogRecord>; readonly scores: Array<Score> }
  ): void {
    const known = defined(this.ofLeaf(trace, record))
    if (known.sessionId === undefined || !trace.leaves.has(key)) return
    this.dropLeaf(trace, key)
    if (signal === "logs") again.logs.push(makers.logs({ ...record, ...known }))
    else again.scores.push(makers.scores({ ...record, ...known }))
  }

  /** Forgets what goes over the bounds: the spans of the traces that were used least recently, and in the end the traces. */
  private forget(): void {
    if (this.spans > this.bounds.spans || this.bytes > this.bounds.bytes) {
      for (const trace of this.traces.values()) {
        if (this.spans <= this.bounds.spans && this.bytes <= this.bounds.bytes) break
        this.clear(trace)
      }
    }
    if (this.traces.size <= this.bounds.traces) return
    for (const [traceId, trace] of this.traces) {
      if (this.traces.size <= this.bounds.traces) break
      this.clear(trace)
      this.traces.delete(traceId)
    }
  }

  private clear(trace: Trace): void {
    let forgotten = trace.leaves.size
    for (const { given, record } of trace.nodes.values()) {
      if (record !== undefined && given.sessionId === undefined) forgotten++
    }
    for (const node of trace.held) node.record = undefined
    if (forgotten > 0) ownMetrics.received.forgotten.unsafeUpdate(forgotten, [])
    this.spans -= trace.nodes.size
    this.add(trace, -trace.bytes)
    trace.nodes.clear()
    trace.children.clear()
    trace.leaves.clear()
    trace.held.clear()
  }
}

/** Whether what a span is may depend on what is around it, or within it. */
const isCall = ({ type }: Node): boolean => type === "model_generation" || type === "tool_call"

const facts = (span: SpanRecord) => ({
  type: span.spanType,
  usage: hasUsage(span),
  failed: span.status === "error",
  embedding: isEmbedding(span.attributes),
  tool: toolCall.map((name) => span.attributes[name]),
  record: undefined
})

const hasUsage = ({ costUsd, inputTokens, outputTokens }: SpanRecord): boolean =>
  isSome(inputTokens) || isSome(outputTokens) || isSome(costUsd)

const isSome = (count: number | undefined): boolean => count !== undefined && count > 0

/** Whether a trace learns something of which it had nothing. */
const addOnly = <F extends Inherited>(trace: Trace, field: F, value: SpanRecord[F]): boolean => {
  const only = trace.only[field]
  if (only === undefined) {
    trace.only[field] = value as Trace["only"][F]
    return true
  }
  if (only !== value) trace.only[field] = null as Trace["only"][F]
  return false
}

const onlyOf = ({ only }: Trace): Known => ({
  sessionId: only.sessionId ?? undefined,
  threadId: only.threadId ?? undefined,
  userId: only.userId ?? undefined
})

/** The fields of a span: its own, those of the nearest span around it that has them, or the only ones of the trace. */
const knownOf = (trace: Trace, node: Node): { readonly known: Known; readonly isSure: boolean } => {
  const known: { [F in Inherited]?: string | undefined } = { ...node.own }
  let around = parentOf(trace, node)
  for (let i = 0; around !== undefined && i < maxDepth; i++) {
    for (const field of inherited) known[field] ??= around.own[field]
    if (known.sessionId !== undefined && known.threadId !== undefined && known.userId !== undefined) break
    around = parentOf(trace, around)
  }
  const isSure = known.sessionId !== undefined
  const only = onlyOf(trace)
  for (const field of inherited) known[field] ??= only[field]
  return { known: known as Known, isSure }
}

const parentOf = (trace: Trace, { parentId }: Node): Node | undefined =>
  parentId === undefined ? undefined : trace.nodes.get(parentId)

const defined = (known: Known): Known =>
  Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))

const made = (span: SpanRecord, known: Known, spanType: SpanType): SpanRecord =>
  span.spanType === spanType && inherited.every((field) => known[field] === span[field])
    ? span
    : makers.spans({ ...span, ...defined(known), spanType })

/** Marks a span, the calls around it, and what is below it, as what may be known better now. Gives what is left to look at. */
const markAround = (trace: Trace, node: Node, changed: Map<Node, Trace>, budget: number): number => {
  changed.set(node, trace)
  let around = mayWrap(node) ? parentOf(trace, node) : undefined
  // Spans may be each other's parents.
  for (let i = 0; around !== undefined && mayWrap(around) && i < maxDepth; i++) {
    if (around.type === "model_generation") changed.set(around, trace)
    around = parentOf(trace, around)
  }
  const below: Array<Node> = [node]
  for (let next = below.pop(); next !== undefined && budget > 0; next = below.pop()) {
    for (const child of trace.children.get(next.spanId) ?? []) {
      budget--
      if (child !== node && changed.get(child) === undefined) below.push(child)
      changed.set(child, trace)
    }
  }
  return budget
}

/** Whether a call of a model around a span may be the same call as one within it. */
const mayWrap = ({ type }: Node): boolean => type === "generic" || type === "model_generation"

/** The span around another one that is a call of the same type, if nothing else that an agent does is between the two. */
const callAround = (trace: Trace, node: Node): Node | undefined => {
  let around = parentOf(trace, node)
  for (let i = 0; around?.type === "generic" && i < maxDepth; i++) around = parentOf(trace, around)
  if (around === undefined || around === node || around.type !== node.type) return undefined
  return around.embedding === node.embedding ? around : undefined
}

/**
 * The type of a span, where another one around it or within it is the same call. Of tool calls it is the outermost that counts; of
 * calls of a model the innermost that has usage: what is around it wraps it.
 */
const typeIn = (trace: Trace, node: Node): SpanType => {
  if (node.type === "tool_call") {
    const around = callAround(trace, node)
    const isSame = around?.tool.every((is, i) => is === undefined || node.tool[i] === undefined || is === node.tool[i])
    return isSame === true ? "generic" : node.type
  }
  if (node.type !== "model_generation") return node.type
  const within = callsWithin(trace, node)
  if (within.usage) return "generic"
  if (node.usage) return node.type
  if (within.some) return "generic"
  // An attempt that failed is a call of its own.
  return !node.failed && callAround(trace, node)?.usage === true ? "generic" : node.type
}

const callsWithin = (trace: Trace, node: Node): { readonly some: boolean; readonly usage: boolean } => {
  const below: Array<Node> = [node]
  let some = false
  let left = maxDepth
  for (let next = below.pop(); next !== undefined && left > 0; next = below.pop()) {
    for (const child of trace.children.get(next.spanId) ?? []) {
      if (left-- <= 0) break
      if (child === node || child.embedding !== node.embedding) continue
      if (child.type === "model_generation") {
        some = true
        if (child.usage) return { some, usage: true }
      }
      if (child.type === "model_generation" || child.type === "generic") below.push(child)
    }
  }
  return { some, usage: false }
}
