/**
 * Filters as data: what a list is asked becomes conditions here, once for all engines, by what the tables say of their
 * fields.
 */
import type { Asked } from "../../signal/Field.js"
import type { JsonObject } from "../../signal/Json.js"
import { Level } from "../../signal/LogRecord.js"
import type { Signal } from "../../signal/Signal.js"
import { signals } from "../../signal/signals.js"
import type { Condition, SessionQuery, TraceQuery } from "../Engine.js"
import { parse } from "./words.js"

/** Checked filters of any list; which of them it takes, its schema has said. */
export interface Filters {
  readonly [name: string]: unknown
}

/** The conditions of the filters of a list of one signal, in the order of its table. */
export const conditionsOf = (signal: Signal, filters: Filters): ReadonlyArray<Condition> => [
  ...askedOf(signal).flatMap(({ condition }) => condition(filters)),
  ...labels(filters),
  ...times(signal, filters),
  ...others(filters)
]

/** What `listTraces` asks. */
export const traceQueryOf = (filters: Filters): Pick<TraceQuery, "ofEntry" | "ofSome" | "withoutError"> => {
  const equal = (where: Asked["traces"]) =>
    askedOf(signals.spans).flatMap(({ asked, condition }) => (asked.traces === where ? condition(filters) : []))
  return {
    ofEntry: [...equal("entry"), ...times(signals.spans, filters), ...lasting(filters)],
    ofSome: [
      ...equal("some"),
      ...labels(filters),
      ...(filters["hasError"] === true ? [failed] : []),
      ...searched(filters)
    ],
    withoutError: filters["hasError"] === false
  }
}

/** What `listSessions` asks. */
export const sessionQueryOf = ({
  sessionId,
  ...filters
}: Filters): Omit<SessionQuery, "order" | "limit" | "after" | "asOf"> => {
  const equal = (where: Asked["sessions"]) =>
    askedOf(signals.spans).flatMap(({ asked, condition }) => (asked.sessions === where ? condition(filters) : []))
  return {
    sessionId: sessionId as string | undefined,
    ofRecords: [...equal("record"), ...labels(filters), ...searched(filters)],
    ofSpans: equal("span"),
    lastActivityFrom: filters["startedAfter"] as bigint | undefined,
    firstActivityBefore: filters["startedBefore"] as bigint | undefined,
    minDuration: filters["minDuration"] as bigint | undefined,
    hasError: filters["hasError"] as boolean | undefined
  }
}

interface AskedField {
  readonly asked: Asked
  readonly condition: (filters: Filters) => ReadonlyArray<Condition>
}

const known = new Map<Signal, ReadonlyArray<AskedField>>()

/** The fields of a signal by which a list of it may be filtered. */
const askedOf = (signal: Signal): ReadonlyArray<AskedField> => {
  const found = known.get(signal)
  if (found !== undefined) return found
  const made = Object.entries(signal.fields).flatMap(
    ([name, { asked }]): ReadonlyArray<AskedField> =>
      asked === undefined
        ? []
        : [
            {
              asked,
              condition: ({ [name]: value }) =>
                value === undefined
                  ? []
                  : [{ op: "equals", fields: [name, ...(asked.also ?? [])], value: value as string }]
            }
          ]
  )
  known.set(signal, made)
  return made
}

/** Tags, and metadata: all of it is asked of the same record. */
const labels = ({ metadata, tags }: Filters): ReadonlyArray<Condition> => [
  ...given(tags as ReadonlyArray<string> | undefined, (values): Condition => ({ op: "hasAll", field: "tags", values })),
  ...given(metadata as JsonObject | undefined, (entries): Condition => ({ op: "entries", field: "metadata", entries }))
]

const times = ({ time }: Signal, { startedAfter, startedBefore }: Filters): ReadonlyArray<Condition> => [
  ...given(startedAfter as bigint | undefined, (value): Condition => ({ op: "atLeast", field: time, value })),
  ...given(startedBefore as bigint | undefined, (value): Condition => ({ op: "below", field: time, value }))
]

const lasting = ({ minDuration }: Filters): ReadonlyArray<Condition> =>
  given(minDuration as bigint | undefined, (value): Condition => ({ op: "lasting", value }))

const searched = ({ search }: Filters): ReadonlyArray<Condition> =>
  given(search as string | undefined, (value): Condition => ({ op: "words", ...parse(value) }))

const failed: Condition = { op: "equals", fields: ["status"], value: "error" }

const others = (filters: Filters): ReadonlyArray<Condition> => [
  ...lasting(filters),
  ...given(
    filters["hasError"] as boolean | undefined,
    (wanted): Condition => (wanted ? failed : { op: "not", condition: failed })
  ),
  ...given(
    filters["minLevel"] as Level | undefined,
    (least): Condition => ({ op: "oneOf", field: "level", values: Level.literals.slice(Level.literals.indexOf(least)) })
  ),
  ...searched(filters),
  ...given(filters["minValue"] as number | undefined, (value): Condition => ({ op: "atLeast", field: "value", value })),
  ...given(filters["maxValue"] as number | undefined, (value): Condition => ({ op: "atMost", field: "value", value }))
]

const given = <A>(value: A | undefined, make: (value: A) => Condition): ReadonlyArray<Condition> =>
  value === undefined ? [] : [make(value)]
