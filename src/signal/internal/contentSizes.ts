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
const ofOutput = Array.from(outputs)
const ofInput = Array.from(content.keys()).filter((attribute) => !outputs.has(attribute))

/** The bytes of all attributes, as `sizeOfJson` estimates them. */
export const attributesSize = ({ attributes }: Attributed): number => sizeOfJson(attributes)

/** The bytes of messages, arguments and whatever else a model or a tool was given; 0 where nothing is recorded. */
export const inputSize = ({ attributes }: Attributed): number => sizeOf(attributes, ofInput)

/** The bytes of what a model or a tool answered; 0 where nothing is recorded. */
export const outputSize = ({ attributes }: Attributed): number => sizeOf(attributes, ofOutput)

const sizeOf = (attributes: JsonObject, names: ReadonlyArray<string>): number => {
  let bytes = 0
  for (let i = 0; i < names.length; i++) {
    const value = attributes[names[i] as string]
    if (value !== undefined) bytes += sizeOfJson(value)
  }
  return bytes
}
