/** How severe a log is, and when it was written. */
import type { Level } from "../../../signal/LogRecord.js"
import type { ReceivedLog } from "../received.js"
import { toTime } from "./span.js"

/** The level of a severity: its number, else the word for it, of which the first letters tell. */
export const levelOf = ({ severityNumber, severityText }: ReceivedLog): Level => {
  if (severityNumber >= 1 && severityNumber <= 24) return levels[Math.floor((severityNumber - 1) / 4)] as Level
  const text = severityText.toLowerCase()
  return words.find(([word]) => text.startsWith(word))?.[1] ?? "info"
}

const levels: ReadonlyArray<Level> = ["trace", "debug", "info", "warn", "error", "fatal"]

const words: ReadonlyArray<readonly [string, Level]> = [
  ["trace", "trace"],
  ["debug", "debug"],
  ["verbose", "debug"],
  ["info", "info"],
  ["notice", "info"],
  ["warn", "warn"],
  ["err", "error"],
  ["crit", "fatal"],
  ["fatal", "fatal"],
  ["alert", "fatal"],
  ["emerg", "fatal"],
  ["panic", "fatal"]
]

/** The time of a log, else that at which it was seen. */
export const timestampOf = ({ observedTime, time }: ReceivedLog): bigint => toTime(time === 0n ? observedTime : time)
