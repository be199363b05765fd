/** The conventions, by precedence: the one place that enumerates them. */
import * as aiSdk from "./aiSdk.js"
import type { ContentForm } from "./Convention.js"
import * as effectObservability from "./effectObservability.js"
import * as genAi from "./genAi.js"
import * as mastra from "./mastra.js"
import * as openInference from "./openInference.js"

export const conventions = [
  effectObservability.convention,
  genAi.convention,
  openInference.convention,
  aiSdk.convention,
  mastra.convention
] as const

type FieldsOf<C> = C extends { readonly reads: infer Reads } ? keyof Reads : never

/** A field that some convention fills. */
export type Filled = FieldsOf<(typeof conventions)[number]>

/** The attributes that fill a field, by precedence. */
export const from = (field: Filled): ReadonlyArray<string> =>
  conventions.flatMap(({ reads }) => (reads as { readonly [F in Filled]?: ReadonlyArray<string> })[field] ?? [])

/** The attributes of content, each with its form. */
export const content: ReadonlyMap<string, ContentForm> = new Map(
  conventions.flatMap((convention) => ("content" in convention ? Object.entries(convention.content) : []))
)

/** The attributes with the messages that went in, and those with what came out, by precedence. */
export const said = {
  input: conventions.flatMap((convention) => ("said" in convention ? convention.said.input : [])),
  output: conventions.flatMap((convention) => ("said" in convention ? convention.said.output : []))
} satisfies { readonly [side: string]: ReadonlyArray<string> }
