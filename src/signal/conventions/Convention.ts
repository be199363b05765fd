/** What a convention of attributes says of a span. It is a file of its own, and a line in `conventions.ts`. */
export interface Convention<out Type extends string = string> {
  /** The attributes that fill a field, by precedence. */
  readonly reads: { readonly [field: string]: ReadonlyArray<string> }
  /** Of these, the durations in seconds. The others are in nanoseconds. */
  readonly seconds?: ReadonlyArray<string>
  /** The attribute that says what a span is, and the type that each of its words stands for. */
  readonly types?: {
    readonly attribute: string
    readonly words: { readonly [word: string]: Type }
  }
  /** The attributes that hold what models and tools were given, and what they answered. */
  readonly content?: { readonly [attribute: string]: ContentForm }
  /** Of attributes, by precedence, those with the messages that went in, and those with what came out. */
  readonly said?: { readonly input: ReadonlyArray<string>; readonly output: ReadonlyArray<string> }
}

/**
 * The form of an attribute of content: messages, of which the newest count most; the parts of one message; definitions
 * of tools; or the data of a program, which may be messages, too.
 */
export type ContentForm = "messages" | "parts" | "definitions" | "data"
