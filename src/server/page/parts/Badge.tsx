/** The type of a span by a letter and a colour. */
import type { SpanType } from "../../../signal/SpanRecord.js"

interface Sign {
  readonly letter: string
  readonly label: string
  /** The name of its colour among the tokens of the style. */
  readonly colour: string
}

const signs: { readonly [T in SpanType]: Sign } = {
  agent_run: { letter: "A", label: "agent", colour: "agent" },
  model_generation: { letter: "M", label: "model", colour: "model" },
  tool_call: { letter: "T", label: "tool", colour: "tool" },
  workflow_run: { letter: "W", label: "workflow", colour: "workflow" },
  workflow_step: { letter: "S", label: "step", colour: "step" },
  retrieval: { letter: "R", label: "retrieval", colour: "retrieval" },
  generic: { letter: "·", label: "span", colour: "generic" }
}

/** How a type of spans is shown, and called. */
export const signOf = (type: SpanType): Sign => signs[type] ?? signs.generic

export const Badge = ({ type }: { readonly type: SpanType }) => {
  const { colour, label, letter } = signOf(type)
  return (
    <span class="badge" role="img" aria-label={label} title={label} style={{ "--colour": `var(--${colour})` }}>
      {letter}
    </span>
  )
}
