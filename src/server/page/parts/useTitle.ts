import { useEffect } from "preact/hooks"
import { oneLine } from "../state/visible.js"

/** Names the tab of the browser. */
export const useTitle = (title: string): void =>
  useEffect(() => {
    document.title = oneLine(title)
  }, [title])
