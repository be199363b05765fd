import { useEffect } from "preact/hooks"
import { oneLine } from "../state/visible.js"

/** What the tab of the browser says. */
export const useTitle = (title: string): void =>
  useEffect(() => {
    document.title = oneLine(title)
  }, [title])
