/** Attributes that are to fill a field, and whose values are none for it: counted, and each said once. */
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as MetricLabel from "effect/MetricLabel"
import { logWarning } from "../../runtime/annotated.js"
import * as ownMetrics from "../../runtime/ownMetrics.js"
import type { Refused } from "../conventions/index.js"
import type { Json } from "../Json.js"

/** The refusals of one layer. Its attributes are those of the conventions, of which there are not many. */
export class RefusedAttributes {
  private readonly said = new Set<string>()
  private unsaid: Array<{ readonly attribute: string; readonly expected: string; readonly found: string }> = []

  constructor(private readonly module: string) {}

  readonly add: Refused = (attribute, value, expected) => {
    ownMetrics.attributes.refused.unsafeUpdate(1, [MetricLabel.make("attribute", attribute)])
    if (this.said.has(attribute)) return
    this.said.add(attribute)
    this.unsaid.push({ attribute, expected, found: typeOf(value) })
  }

  /** Says what was refused since it was last asked. The value may be a secret: its type is enough. */
  readonly say: Effect.Effect<void> = Effect.suspend(() => {
    if (this.unsaid.length === 0) return Effect.void
    const { unsaid } = this
    this.unsaid = []
    return logWarning(this.module)(
      "Values of attributes were not understood: fields of their records are empty",
      unsaid
    )
  })
}

const typeOf = (value: Json): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "a list"
      : typeof value === "object"
        ? "an object"
        : `a ${typeof value}`

/** The refusals of all that goes one way: spans and logs. */
export const of = (owner: object): RefusedAttributes => {
  const known = owners.get(owner)
  if (known !== undefined) return known
  const made = new RefusedAttributes("Tracer")
  owners.set(owner, made)
  return made
}

const owners: WeakMap<object, RefusedAttributes> = globalValue(
  "effect-observability/capture/refusedAttributes",
  () => new WeakMap()
)
