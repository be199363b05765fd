/** The resources of a request: what made the records, and the records that it made. */
import { version } from "../../runtime/version.js"
import type { JsonObject } from "../../signal/Json.js"
import type { Origin as ReceivedOrigin } from "./received.js"
import { anyValue, type KeyValue, keyValues } from "./values.js"

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
  readonly scope: object
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
  // Tells whoever reads the resource back that it did not name the service itself.
  const names = Object.keys(attributes).filter((name) => !Object.hasOwn(record.resource ?? {}, name))
  const key = JSON.stringify([attributes, names])
  const known = groups.get(key)
  if (known !== undefined) return known
  const group: Group<R> = {
    resource: { attributes: keyValues(attributes), droppedAttributesCount: 0 },
    scope:
      names.length === 0 || record.resource === undefined
        ? scope
        : { ...scope, attributes: [{ key: added, value: anyValue(names) }] },
    records: []
  }
  groups.set(key, group)
  return group
}

/** The instrumentation scope of all records. */
const scope = { name: "effect-observability", version }

/**
 * Names, on the scope, the attributes that were added to those of the resource, so that whoever reads it back can tell: of an
 * attribute that follows from a field, nobody else could say whether the program gave it, too.
 */
const added = "effect_observability.added"

/** Whether this library made a record that was received. */
export const isOurs = ({ scope: { name } }: ReceivedOrigin): boolean => name === scope.name

/** The resource of records of this library, without what was added to it. The records of a scope share it. */
export const resourceOf = ({ resource, scope }: ReceivedOrigin): JsonObject => {
  const known = resources.get(scope)
  if (known !== undefined) return known
  const names = scope.attributes[added]
  const own = Array.isArray(names)
    ? Object.fromEntries(Object.entries(resource).filter(([name]) => !names.includes(name)))
    : resource
  resources.set(scope, own)
  return own
}

const resources = new WeakMap<object, JsonObject>()
