/**
 * Masks secrets in every record before it reaches an exporter: passwords, keys and tokens, by the name that they stand
 * under and by what they look like.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import { keepsForm } from "../signal/internal/trusted.js"
import { signalNames, signals } from "../signal/signals.js"
import type * as Mask from "./internal/sensitive/mask.js"
import { isSlow } from "./internal/sensitive/pattern.js"
import { recordMask } from "./internal/sensitive/records.js"
import * as Values from "./internal/sensitive/values.js"
import type { SignalProcessor } from "./SignalProcessor.js"

/**
 * How a secret is shown:
 * - `"full"`: as `[REDACTED]`
 * - `"partial"`: with its last 4 characters, where it has at least 16
 * - `"hashed"`: with 16 digits of an HMAC-SHA-256 under `key`, so that equal secrets can be told to be equal
 *
 * @since 0.1.0
 * @category models
 */
export type Style = Mask.Style

/**
 * What is masked besides what always is, and what is left alone. Names are compared word by word with the end of a name,
 * in any spelling: `"policy number"` means `policyNumber`, `POLICY_NUMBER` and `customer.policy-number`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Names of further secrets. */
  readonly keys?: ReadonlyArray<string> | undefined
  /** Names whose values are never masked. They count for more than `keys`. */
  readonly safeKeys?: ReadonlyArray<string> | undefined
  /**
   * What further secrets look like: at most 512 characters each. Texts are given to a pattern in pieces of 2,048. One that
   * a text could make run for ever is refused: see {@link isSafePattern}.
   */
  readonly patterns?: ReadonlyArray<RegExp> | undefined
  /** `{ type: "full" }` when absent. */
  readonly style?: Style | undefined
}

/**
 * A pattern of the program that a text could make run for ever.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnsafePattern extends Data.TaggedError("UnsafePattern")<{
  /** Which of the options it is. */
  readonly field: string
  readonly pattern: RegExp
}> {
  override get message(): string {
    return `${this.field}: Expected ${safePattern}, actual ${this.pattern}`
  }
}

/** @internal */
export const safePattern = "a pattern that repeats nothing that can be matched in several ways"

/**
 * Whether a pattern takes at most a time that grows with the square of the length of a text. It says no where in something
 * repeated, such as `(a+)+`, `(\w|\d)*` and `(.*,)*`, the next character does not say what comes next, where two
 * repetitions can share the same characters, as in `a.*b.*c`, where many parts can be longer or shorter, where a lookaround
 * that repeats something is tried at many places, and where a class has strings. Some patterns
 * that are quick are refused with these: say what does not belong to a part, as in `a[^b]*b[^c]*c` and `([^,]*,)*`.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSafePattern = (pattern: RegExp): boolean => !isSlow(pattern)

/**
 * A processor that masks secrets in every text of every record: names, messages, attributes, data. It returns the record
 * that it got where there is nothing to mask. Ids that tie records together are left as they are.
 *
 * It throws an {@link UnsafePattern} for a pattern that a text could make run for ever, as `new RegExp` throws for one that
 * is none: ask {@link isSafePattern} of patterns that come from elsewhere.
 *
 * @example
 * ```ts
 * import { SensitiveDataFilter } from "effect-observability"
 *
 * const filter = SensitiveDataFilter.make({
 *   keys: ["policy number"],
 *   patterns: [/\bACME-[0-9A-F]{16}\b/],
 *   style: { type: "partial" }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): SignalProcessor => {
  const { patterns = [], style = { type: "full" } } = options
  for (const [index, pattern] of patterns.entries()) {
    if (!isSafePattern(pattern)) throw new UnsafePattern({ field: `patterns[${index}]`, pattern })
  }
  const values = Values.make({ ...options, patterns, style })
  return keepsForm<SignalProcessor>({
    name: "sensitive-data",
    ...Object.fromEntries(signalNames.map((name) => [signals[name].one, recordMask(values, signals[name])]))
  })
}

/** A text of somebody else without what looks like a secret. @internal */
export const masked = (text: string): string => {
  defaults ??= Values.make({ patterns: [], style: { type: "full" } })
  return defaults.text(text)
}

let defaults: Values.ValueMasks | undefined
