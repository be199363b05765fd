/** The sessions that somebody was not content with, and why: scores that are no, the newest first. */
import type { ScoreRow } from "../../../internal/encoded.js"
import { When } from "../../parts/When.js"
import { oneLine } from "../../state/visible.js"
import type { Item } from "./Lists.js"

export const thumbsDownHeads = ["Comment", "Score", "Session", "When"]

export const thumbsDownItems = (scores: ReadonlyArray<ScoreRow>): ReadonlyArray<Item> =>
  scores.map(({ comment, name, scoreId, sessionId, time, traceId }) => ({
    key: scoreId,
    name: comment ?? "no comment",
    isUnnamed: comment === undefined,
    part: 0,
    to:
      sessionId !== undefined
        ? { view: "session", id: sessionId }
        : traceId === undefined
          ? undefined
          : { view: "trace", id: traceId },
    cells: [oneLine(name), oneLine(sessionId ?? "–"), <When at={time} />]
  }))
