/** The resources of a request: what made the records, and the records that it made. */
import { version } from "../../runtime/version.js"
import type { JsonObject } from "../../signal/Json.js"
import { type KeyValue, keyValues } from "./values.js"

interface Origin {
  readonly serviceName: string
  readonly environment?: string | undefined
  readonly resource?: JsonObject | undefined
}

interface Resource {
  readonly attributes: ReadonlyArray<KeyValue>
  readonly droppedAttributesCount: 0
}

interface Group<R> {
  readonly resource: Resource
  readonly records: Array<R>
}

/** The records of each resource, in their order. */
export const byResource = <R extends Origin>(records: ReadonlyArray<R>): Iterable<Group<R>> => {
  const groups = new Map<string, Group<R>>()
  let last: { readonly record: R; readonly group: Group<R> } | undefined
  for (const record of records) {
    const group = last !== undefined && haveOneOrigin(last.record, record) ? last.group : groupOf(groups, record)
    group.records.push(record)
    last = { record, group }
  }
  return groups.values()
}

/** The records of a process share the object of their resource: it is seldom to be compared by what is in it. */
const haveOneOrigin = (a: Origin, b: Origin): boolean =>
  a.resource === b.resource && a.serviceName === b.serviceName && a.environment === b.environment

const groupOf = <R extends Origin>(groups: Map<string, Group<R>>, record: R): Group<R> => {
  const attributes = {
    ...record.resource,
    "service.name": record.serviceName,
    ...(record.environment !== undefined && { "deployment.environment.name": record.environment })
  }
  const key = JSON.stringify(attributes)
  const known = groups.get(key)
  if (known !== undefined) return known
  const group: Group<R> = { resource: { attributes: keyValues(attributes), droppedAttributesCount: 0 }, records: [] }
  groups.set(key, group)
  return group
}

/** The instrumentation scope of all records. */
export const scope = { name: "effect-observability", version }
