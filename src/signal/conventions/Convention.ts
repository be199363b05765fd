/** What a convention of attributes says of a span. It is a file of its own, and a line in `conventions.ts`. */
export interface Convention<out Type extends string = string> {
  /** The attributes that fill a field, by precedence. */
  readonly reads: { readonly [field: string]: ReadonlyArray<string> }
  /** The attribute that says what a span is, and the type that each of its words stands for. */
  readonly types?: {
    readonly attribute: string
    readonly words: { readonly [word: string]: Type }
  }
}
