/**
 * Layouts: how each signal lies in its table. The columns follow from its fields; what only ClickHouse needs to know of a
 * signal is written here.
 */
import type { Field } from "../../../signal/Field.js"
import { attributesSize, inputSize, outputSize } from "../../../signal/internal/contentSizes.js"
import { isEntry as isEntrySpan, isReplayed } from "../../../signal/internal/spans.js"
import type { Signal } from "../../../signal/Signal.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { type SignalName, signals } from "../../../signal/signals.js"
import { wholeOf } from "../../sql/conversations.js"
import { pascalCase } from "../../sql/identifiers.js"
import { type Alias, aliasOf, type Column, columnOf, isPayload } from "./columns.js"
import { jsonOf } from "./record.js"
import * as Words from "./words.js"

interface Options {
  /** Fields of payload by which a list is filtered: they have a column all the same. */
  readonly filtered: ReadonlyArray<string>
  /** Fields that are the empty text where they are absent, which reads faster than NULL, and is no value of theirs. */
  readonly blank: ReadonlyArray<string>
  /** Fields, and the version of the row, that `Record` lacks, so that readers take their columns, too. */
  readonly lacks?: ReadonlyArray<string>
  /** Columns that are no field, by the field that they follow; `last` ones follow all fields. */
  readonly computed: { readonly [after: string]: ReadonlyArray<Column> }
  readonly indexes: { readonly [name: string]: string }
  /** Decides on which shard of a cluster a row is kept. */
  readonly shardBy: string
  /** The last moment of a record that is activity of its session. */
  readonly activity?: string
  /** The texts in which words are looked for, in lower case, as they are indexed. */
  readonly searched?: string
  /** Columns that are no field, and in `Record` alone. */
  readonly aliases?: ReadonlyArray<Alias>
}

/** A signal in ClickHouse. */
export interface Layout extends Required<Omit<Options, "filtered" | "computed" | "activity" | "searched" | "aliases">> {
  readonly signal: Signal & { readonly name: SignalName }
  /** The columns that are written, in their order. */
  readonly columns: ReadonlyArray<Column>
  /** The fields that are in `Record` alone, and what else is. */
  readonly aliases: ReadonlyArray<Alias>
  /** The column of the time. */
  readonly time: string
  /** The columns of the key. */
  readonly key: ReadonlyArray<string>
  /** Whether the time of a record never changes: all rows of one are then side by side, and found by it. */
  readonly isTimeFixed: boolean
  readonly activity: string | undefined
  readonly searched: string | undefined
}

const layout = (
  signal: Layout["signal"],
  { activity, aliases = [], blank, computed, filtered, indexes, lacks = [], searched, shardBy }: Options
): Layout => {
  const fields = Object.entries(signal.fields)
  const json = jsonOf(signal, lacks)
  const record: Column = {
    name: "Record",
    type: "String",
    write: (to, record, version) => to.string(json(record, version))
  }
  const hasColumn = (name: string, field: Field) => !isPayload(field) || filtered.includes(name)
  return {
    signal,
    columns: [
      ...fields.flatMap(([name, field]) => [
        ...(hasColumn(name, field) ? [columnOf(name, field, blank.includes(name))] : []),
        ...(computed[name] ?? [])
      ]),
      ...(computed["last"] ?? []),
      record
    ],
    aliases: [...fields.flatMap(([name, field]) => (hasColumn(name, field) ? [] : [aliasOf(name, field)])), ...aliases],
    time: pascalCase(signal.time),
    key: signal.key.map(pascalCase),
    isTimeFixed: signal.fields[signal.time]?.fixed === true,
    activity,
    blank,
    searched,
    indexes: searched === undefined ? indexes : { ...indexes, ...Words.indexOf(searched) },
    lacks,
    shardBy
  }
}

/** The row of a record with the highest version is the record. */
const version: Column = { name: "Version", type: "UInt64", write: (to, _, version) => to.uint64(version) }

const isEntry: Column = {
  name: "IsEntry",
  type: "Bool",
  default: "ifNull(ParentSpanId = '' OR ParentIsRemote = true, false)",
  write: (to, span) => to.bool(isEntrySpan(span as unknown as SpanRecord))
}

const replayed: Column = {
  name: "Replayed",
  type: "Bool",
  write: (to, span) => to.bool(isReplayed(span as unknown as SpanRecord))
}

/** The size of a part of the payload; NULL in rows of before, and in those of others. */
const sizeColumn = (name: string, sizeOf: (span: SpanRecord) => number): Column => ({
  name,
  type: "Nullable(Int64)",
  write: (to, span) => {
    to.bool(false)
    to.int64(BigInt(sizeOf(wholeOf(span as unknown as SpanRecord))))
  }
})

const sizes = [
  sizeColumn("InputSize", inputSize),
  sizeColumn("OutputSize", outputSize),
  sizeColumn("AttributesSize", attributesSize)
]
/** The words that ClickHouse does not find in the rest of the row by itself. */
const words: Column = {
  ...Words.column,
  write: (to, record) => {
    to.bool(false)
    to.string((wholeOf(record) === record ? Words.hiddenWords : Words.hiddenWordsOfCut)(record).join(" "))
  }
}

/** Of which messages the attributes are made: see `sql/conversations.ts`. */
const messages: Alias = {
  name: "Messages",
  type: "Nullable(String)",
  value: "nullIf(JSONExtractRaw(Record, 'messages'), '')"
}

/** An index by block of 512 rows, and one by 64 blocks that is asked before: few blocks of a large table need a look. */
const indexOf = (index: string, column: string, falsePositives: number) => {
  const bloom = `${column} TYPE bloom_filter(${falsePositives}) GRANULARITY`
  return { [`${index}_coarse`]: `${bloom} 64`, [index]: `${bloom} 1` }
}
const bySession = indexOf("idx_session_id", "SessionId", 0.01)
const byTrace = indexOf("idx_trace_id", "TraceId", 0.001)

export const layouts: { readonly [N in SignalName]: Layout } = {
  spans: layout(signals.spans, {
    filtered: ["metadata"],
    blank: ["parentSpanId", "sessionId"],
    computed: { metadata: [version], last: [isEntry, replayed, ...sizes, words] },
    aliases: [messages],
    indexes: { ...bySession, ...byTrace },
    shardBy: "cityHash64(TraceId)",
    activity: "greatest(StartTime, ifNull(EndTime, StartTime))",
    searched: Words.searchedIn("Record")
  }),
  logs: layout(signals.logs, {
    filtered: ["message", "metadata"],
    blank: ["sessionId"],
    lacks: ["message", "version"],
    computed: { metadata: [version], last: [words] },
    indexes: { ...bySession, ...byTrace },
    shardBy: "cityHash64(ifNull(TraceId, LogId))",
    activity: "Timestamp",
    searched: Words.searchedIn("Message, ' ', Record")
  }),
  metrics: layout(signals.metrics, {
    filtered: [],
    blank: [],
    computed: { last: [version] },
    indexes: byTrace,
    shardBy: "cityHash64(MetricId)"
  }),
  scores: layout(signals.scores, {
    filtered: ["metadata"],
    blank: ["sessionId"],
    computed: { last: [version] },
    // A score may be given again at another time: its rows are found by its id.
    indexes: { ...bySession, ...byTrace, ...indexOf("idx_score_id", "ScoreId", 0.001) },
    shardBy: "cityHash64(ScoreId)"
  })
}
