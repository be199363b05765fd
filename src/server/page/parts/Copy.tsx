/** Puts a text into the clipboard, as it is recorded. */
import { useEffect, useState } from "preact/hooks"

interface Props {
  readonly text: string | (() => string | Promise<string>)
  /** What is copied, as in `"Copy as JSON"`. */
  readonly label?: string
}

export const Copy = ({ label = "Copy", text }: Props) => {
  const [said, say] = useState<string | undefined>(undefined)
  useEffect(() => {
    if (said === undefined) return
    const timer = window.setTimeout(() => say(undefined), 1_500)
    return () => window.clearTimeout(timer)
  }, [said])
  const copy = async () => {
    try {
      await write(typeof text === "string" ? text : await text())
      say("Copied")
    } catch {
      say("Not copied")
    }
  }
  return (
    <button type="button" class="copy" aria-live="polite" onClick={() => void copy()}>
      {said ?? label}
    </button>
  )
}

/** Pages that came over plain HTTP from another machine have no `navigator.clipboard`. */
const write = async (text: string): Promise<void> => {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  const onCopy = (event: ClipboardEvent) => {
    event.preventDefault()
    event.clipboardData?.setData("text/plain", text)
  }
  document.addEventListener("copy", onCopy, { once: true })
  const isDone = document.execCommand("copy")
  document.removeEventListener("copy", onCopy)
  if (!isDone) throw new Error("the browser refuses")
}
