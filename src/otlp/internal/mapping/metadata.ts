/** Metadata: an object, or attributes that have a prefix in common. */
import { object } from "../../../signal/internal/parsed.js"
import type { Json, JsonObject } from "../../../signal/Json.js"
import { correlating } from "./fields.js"

/** The beginnings of the names of metadata. What is said of a trace goes over what is said of one of its spans. */
const prefixes =
  /^(?:langfuse\.(?:trace|observation)\.metadata|ai\.telemetry\.metadata|ai\.settings\.context|(?:traceloop|lmnr)\.association\.properties(?:\.metadata)?|(?:langsmith|mastra)\.metadata)\.([\s\S]+)$/

/** Attributes that have all of it. */
const wholes = ["metadata", "langfuse.trace.metadata", "langfuse.observation.metadata"]

/** The metadata of a record, without what says whom it belongs to; nothing where there is none. */
export const metadataOf = (attributes: JsonObject): JsonObject | undefined => {
  let metadata: Map<string, Json> | undefined
  for (const attribute in attributes) {
    const first = attribute.charCodeAt(0)
    // "l", "a", "t" and "m"
    if (first !== 0x6c && first !== 0x61 && first !== 0x74 && first !== 0x6d) continue
    if (wholes.includes(attribute)) {
      const whole = object(attributes[attribute])
      if (whole === undefined) continue
      metadata ??= new Map()
      for (const [name, value] of Object.entries(whole)) if (!metadata.has(name)) metadata.set(name, value)
      continue
    }
    if (correlating.has(attribute)) continue
    const name = prefixes.exec(attribute)?.[1]
    if (name === undefined) continue
    metadata ??= new Map()
    if (!metadata.has(name) || attribute.startsWith("langfuse.trace."))
      metadata.set(name, attributes[attribute] as Json)
  }
  return metadata && Object.fromEntries(metadata)
}
