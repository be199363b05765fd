/**
 * The sessions of coding agents that send spans of their own: of their logs no spans are made, or each call would be there
 * twice. Claude Code writes its logs outside its spans in some versions, so that they do not name them.
 */
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { signals, unchecked } from "../../../signal/signals.js"
import { madeOf } from "./codingAgents.js"

const make = unchecked(signals.spans)

/** So many sessions are remembered, and so many spans that were made before one of the agent came. */
const maxSessions = 10_000
const maxMade = 10_000

export class Traced {
  private readonly sessions = new Set<string>()
  private readonly made = new Map<string, Array<SpanRecord>>()
  private count = 0

  /**
   * The spans without those that were made of the logs of a session that has spans of its own. Such as were made before that
   * was known are given again, as spans that count for nothing.
   */
  once(spans: ReadonlyArray<SpanRecord>): ReadonlyArray<SpanRecord> {
    if (!spans.some((span) => isMade(span) || isOfAgent(span))) return spans
    const again: Array<SpanRecord> = []
    for (const span of spans) {
      const { sessionId } = span
      if (sessionId === undefined || !isOfAgent(span)) continue
      this.sessions.delete(sessionId)
      this.sessions.add(sessionId)
      const made = this.made.get(sessionId)
      if (made === undefined) continue
      this.forget(sessionId, made)
      for (const one of made) again.push(make({ ...one, spanType: "generic" }))
    }
    for (const oldest of this.sessions) {
      if (this.sessions.size <= maxSessions) break
      this.sessions.delete(oldest)
    }
    return [...spans.filter((span) => !isMade(span) || this.isNews(span)), ...again]
  }

  /** Whether a span that was made of a log tells what no other one does, as far as is known. */
  private isNews(span: SpanRecord): boolean {
    const { sessionId = "" } = span
    if (this.sessions.has(sessionId)) return false
    const made = this.made.get(sessionId) ?? []
    made.push(span)
    this.made.delete(sessionId)
    this.made.set(sessionId, made)
    this.count++
    for (const [oldest, spans] of this.made) {
      if (this.count <= maxMade) break
      this.forget(oldest, spans)
    }
    return true
  }

  private forget(sessionId: string, made: ReadonlyArray<SpanRecord>): void {
    this.made.delete(sessionId)
    this.count -= made.length
  }
}

const isMade = ({ attributes }: SpanRecord): boolean => attributes[madeOf] !== undefined

/** The spans of Claude Code have their type by this name. */
const isOfAgent = (span: SpanRecord): boolean => typeof span.attributes["span.type"] === "string" && !isMade(span)
