import { signal } from "@preact/signals"

const query = window.matchMedia("(max-width: 719px)")

/** Whether there is room for one column only: rows are cards then. */
export const isNarrow = signal(query.matches)

query.addEventListener("change", ({ matches }) => {
  isNarrow.value = matches
})
