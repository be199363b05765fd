/** Levels as toggles, each by its own: a storage is asked for one, or for all from one on. */
import type { Level } from "../../../../signal/LogRecord.js"

const table: { readonly [L in Level]: true } = {
  trace: true,
  debug: true,
  info: true,
  warn: true,
  error: true,
  fatal: true
}
export const levels = Object.keys(table) as ReadonlyArray<Level>

/** The levels that the address says, in their order; all where it says none. */
export const shownLevels = (said: ReadonlyArray<string> = []): ReadonlyArray<Level> => {
  const shown = levels.filter((level) => said.includes(level))
  return shown.length === 0 ? levels : shown
}

/** The levels after one was pressed, as the address says them. */
export const toggled = (shown: ReadonlyArray<Level>, level: Level): ReadonlyArray<Level> | undefined => {
  const next = levels.filter((other) => shown.includes(other) !== (other === level))
  return next.length === 0 || next.length === levels.length ? undefined : next
}

/** The filter that leaves out as many of the other levels as one can. */
export const askedLevels = (shown: ReadonlyArray<Level>): { readonly level?: Level; readonly minLevel?: Level } => {
  const [first] = shown
  if (first === undefined || shown.length === levels.length) return {}
  if (shown.length === 1) return { level: first }
  return first === levels[0] ? {} : { minLevel: first }
}
