/** How long something took, on the axis of what is around it. */
interface Props {
  /** Where it begins and ends, as parts of the axis from 0 to 1. */
  readonly from: number
  readonly to: number
  /** The name of its colour among the tokens of the style. */
  readonly colour: string
  readonly isRunning?: boolean
  readonly isBad?: boolean
  readonly title?: string
}

const percent = (part: number): string => `${(Math.max(0, Math.min(1, part)) * 100).toFixed(3)}%`

export const Bar = ({ colour, from, isBad = false, isRunning = false, title, to }: Props) => (
  <span class="axis" title={title}>
    <span
      class={`bar-of${isRunning ? " bar-running" : ""}${isBad ? " bar-bad" : ""}`}
      style={{ "--colour": `var(--${colour})`, "--from": percent(from), "--length": percent(to - from) }}
    />
  </span>
)
