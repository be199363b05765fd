/** How much of content a span has: what its attributes hold, and what of it went in and came out. */
import { content } from "../conventions/conventions.js"
import * as genAi from "../conventions/genAi.js"
import type { JsonObject } from "../Json.js"
import type { SpanRecord } from "../SpanRecord.js"
import { sizeOfJson } from "./size.js"

type Attributed = Pick<SpanRecord, "attributes">

const outputs: ReadonlySet<string> = new Set([
  genAi.outputMessages,
  genAi.toolResult,
  "gen_ai.completion",
  "output.value"
])
const inputs: ReadonlySet<string> = new Set(Array.from(content.keys()).filter((attribute) => !outputs.has(attribute)))

/** The bytes of all attributes, as `sizeOfJson` estimates them. */
export const attributesSize = ({ attributes }: Attributed): number => sizeOfJson(attributes)

/** The bytes of messages, arguments and whatever else a model or a tool was given; 0 where nothing is recorded. */
export const inputSize = ({ attributes }: Attributed): number => sizeOf(attributes, inputs)

/** The bytes of what a model or a tool answered; 0 where nothing is recorded. */
export const outputSize = ({ attributes }: Attributed): number => sizeOf(attributes, outputs)

/** A span has fewer attributes than there are names. */
const sizeOf = (attributes: JsonObject, names: ReadonlySet<string>): number => {
  let bytes = 0
  for (const name in attributes) if (names.has(name)) bytes += sizeOfJson(attributes[name])
  return bytes
}
