/** A text of a stranger: all of it is text. A long one is cut, and shown on in parts. */
import { useState } from "preact/hooks"
import { short } from "../state/numbers.js"
import { cut, visible } from "../state/visible.js"

interface Props {
  readonly text: string
  /** Characters that are shown at first. */
  readonly limit?: number
  readonly class?: string
}

/** So many more characters are shown at a time: a browser lays no ten million out in a moment. */
const step = 50_000

export const Text = ({ class: name = "text", limit = 2_000, text }: Props) => {
  const [shown, show] = useState(limit)
  // A tail of a few words is not worth a press.
  const end = text.length <= shown * 1.1 ? text.length : shown
  return (
    <span class={name} dir="auto">
      {visible(cut(text, end))}
      {end < text.length && (
        <>
          {" "}
          <button type="button" class="more-of" onClick={() => show(end + step)}>
            {short(text.length - end)} more characters
          </button>
        </>
      )}
    </span>
  )
}
