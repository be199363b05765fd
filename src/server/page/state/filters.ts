/** The filters of lists, as a chip shows them and the address says them. */

import type { Level } from "../../../signal/LogRecord.js"
import type { SpanStatus, SpanType } from "../../../signal/SpanRecord.js"
import type { LogFilters, ScoreFilters, SpanFilters } from "../../../storage/StorageService.js"

/** A filter as the address says it. */
export type Filter = readonly [key: string, value: string]

export interface FilterSpec {
  readonly label: string
  /** How its value is written and read. A search is in the search box, and not in a chip. */
  readonly kind: "text" | "word" | "flag" | "time" | "duration" | "tag" | "entry" | "number" | "search"
  readonly words?: ReadonlyArray<string>
  /** An example of a value. */
  readonly hint?: string
  /** Whether records have few values of it, which are proposed then. */
  readonly isName?: boolean
}

export type FilterTable<K extends string = string> = { readonly [key in K]: FilterSpec }

const text = (label: string, hint?: string): FilterSpec => ({
  label,
  kind: "text",
  ...(hint === undefined ? {} : { hint })
})
const name = (label: string): FilterSpec => ({ label, kind: "text", isName: true })
const word = (label: string, words: ReadonlyArray<string>): FilterSpec => ({ label, kind: "word", words })

const statuses: { readonly [S in SpanStatus]: true } = { ok: true, error: true, interrupted: true, running: true }
const types: { readonly [T in SpanType]: true } = {
  agent_run: true,
  model_generation: true,
  tool_call: true,
  workflow_run: true,
  workflow_step: true,
  retrieval: true,
  generic: true
}
const levels: { readonly [L in Level]: true } = {
  trace: true,
  debug: true,
  info: true,
  warn: true,
  error: true,
  fatal: true
}

const common = {
  userId: name("user"),
  sessionId: text("session"),
  traceId: text("trace", "32 hex digits"),
  threadId: text("thread"),
  conversationId: text("conversation"),
  runId: text("run"),
  requestId: text("request"),
  resourceId: text("resource"),
  organizationId: name("organization"),
  serviceName: name("service"),
  environment: name("environment"),
  tags: { label: "tag", kind: "tag", isName: true },
  metadata: { label: "metadata", kind: "entry", hint: "plan=gold" },
  startedAfter: { label: "since", kind: "time", hint: "24h, yesterday, 2026-11-30 09:00" },
  startedBefore: { label: "until", kind: "time", hint: "1h, today, 2026-11-30 18:00" }
} as const satisfies FilterTable

export const spanFilters = {
  search: { label: "search", kind: "search" },
  hasError: { label: "failed", kind: "flag" },
  model: name("model"),
  toolName: name("tool"),
  agentName: name("agent"),
  ...common,
  provider: name("provider"),
  spanType: word("type", Object.keys(types)),
  name: name("span name"),
  status: word("status", Object.keys(statuses)),
  errorType: name("error type"),
  minDuration: { label: "at least", kind: "duration", hint: "500ms, 2s, 5m" }
} as const satisfies FilterTable<keyof SpanFilters>

export const sessionFilters = spanFilters

export const logFilters = {
  search: { label: "search", kind: "search" },
  minLevel: word("level from", Object.keys(levels)),
  level: word("level", Object.keys(levels)),
  ...common
} as const satisfies FilterTable<keyof LogFilters>

export const scoreFilters = {
  ...common,
  name: text("name"),
  label: text("label"),
  dataType: word("kind", ["numeric", "categorical", "boolean", "text"]),
  source: word("source", ["code", "model", "human", "user"]),
  minValue: { label: "at least", kind: "number" },
  maxValue: { label: "at most", kind: "number" }
} as const satisfies FilterTable<keyof ScoreFilters>

/** Whether there may be several of a filter. */
const isMany = ({ kind }: FilterSpec): boolean => kind === "tag" || kind === "entry"

/** The filters with one more, or with another value of one that there can be once. */
export const withFilter = (
  table: FilterTable,
  filters: ReadonlyArray<Filter>,
  added: Filter
): ReadonlyArray<Filter> => {
  const spec = table[added[0]]
  const isSame = ([key, value]: Filter) =>
    key === added[0] && (spec === undefined || !isMany(spec) || value === added[1])
  const index = filters.findIndex(isSame)
  return index < 0 ? [...filters, added] : filters.map((filter, i) => (i === index ? added : filter))
}

/** The value of a filter, if it is set. */
export const filterOf = (filters: ReadonlyArray<Filter> = [], key: string): string | undefined =>
  filters.findLast(([name]) => name === key)?.[1]
