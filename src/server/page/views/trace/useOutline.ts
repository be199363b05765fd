/** The tree of a trace, kept up to date as long as it may grow. */
import { useEffect, useRef, useState } from "preact/hooks"
import type { OutlineSpan } from "../../../internal/encoded.js"
import { AskError, askRows, reconnected } from "../../state/client.js"
import { isLive, poll } from "../../state/live.js"
import { lastKnown, type Tree, treeOf } from "./tree.js"

interface Outline {
  readonly id?: string
  /** `null` where there is no such trace. */
  readonly tree?: Tree | null | undefined
  readonly error?: AskError | undefined
}

/** A trace of more spans is asked for again only where it may still grow. */
const small = 2_000
/** Milliseconds without anything new after which a trace is taken for ended. */
const quiet = 10 * 60_000
const rarely = 60_000

export const useOutline = (id: string | undefined) => {
  const [outline, setOutline] = useState<Outline>({})
  const [times, setTimes] = useState(0)
  const back = reconnected.value
  const latest = useRef<Tree | null | undefined>(undefined)

  useEffect(() => {
    if (id === undefined) return
    const abort = new AbortController()
    let nextAt = 0
    if (latest.current?.traceId !== id) latest.current = undefined
    const turn = async (signal: AbortSignal) => {
      if (Date.now() < nextAt) return
      const began = performance.now()
      try {
        const answer = await askRows("traceOutline", { traceId: id }, "spans", signal)
        if (abort.signal.aborted) return
        const before = latest.current
        if (answer === null) latest.current = null
        else if (!isSame(before, answer.spans)) latest.current = treeOf(answer.spans, answer)
        setOutline({ id, tree: latest.current })
        // A large answer takes its time: no more than a fifth of it is spent on asking.
        const pause = mayGrow(latest.current) ? 4 * (performance.now() - began) : rarely
        nextAt = Date.now() + pause
      } catch (error) {
        if (!abort.signal.aborted && error instanceof AskError) setOutline({ id, tree: latest.current, error })
        throw error
      }
    }
    turn(abort.signal).catch(() => {})
    const stop = poll((signal) => turn(AbortSignal.any([signal, abort.signal])))
    return () => {
      stop()
      abort.abort()
    }
  }, [id, times, back])

  const isCurrent = outline.id === id
  return {
    tree: isCurrent ? outline.tree : undefined,
    error: isCurrent ? outline.error : undefined,
    again: () => setTimes((times) => times + 1)
  }
}

const mayGrow = (tree: Tree | null | undefined): boolean =>
  tree === null || tree === undefined || tree.spans.length <= small || tree.running > 0 || isRecent(tree, quiet)

/** Whether anything of a trace is at most so many milliseconds old. */
const isRecent = (tree: Tree, millis: number): boolean => Date.now() - millisAt(tree, lastKnown(tree)) < millis

const millisAt = ({ origin }: Tree, nanos: number): number => Number(origin / 1_000_000n) + nanos / 1e6

/** Whether spans are those of a tree: of what may change, nothing did. */
const isSame = (tree: Tree | null | undefined, spans: ReadonlyArray<OutlineSpan>): boolean =>
  tree !== null &&
  tree !== undefined &&
  tree.spans.length === spans.length &&
  spans.every((span) => {
    const known = tree.spans[tree.indexOf.get(span.spanId) ?? -1]
    return (
      known !== undefined &&
      known.endTime === span.endTime &&
      known.status === span.status &&
      known.name === span.name &&
      known.model === span.model &&
      known.inputTokens === span.inputTokens &&
      known.outputTokens === span.outputTokens &&
      known.costUsd === span.costUsd &&
      known.attributesSize === span.attributesSize
    )
  })

/** A span that says nothing for so long, in milliseconds, is drawn no longer. */
const lost = 60 * 60_000

/** The end of the axis in nanoseconds since the origin: it goes on as long as something is running. */
export const useEnd = (tree: Tree): number => {
  const [time, setTime] = useState(Date.now())
  const known = lastKnown(tree)
  const isGrowing = tree.running > 0 && isRecent(tree, lost)
  const isMoving = isGrowing && isLive.value
  useEffect(() => {
    if (!isMoving) return
    setTime(Date.now())
    const timer = window.setInterval(() => setTime(Date.now()), 500)
    return () => window.clearInterval(timer)
  }, [isMoving])
  return isGrowing ? Math.max(known, (time - millisAt(tree, 0)) * 1e6) : known
}
