/** Answers that stay up to date: asked again every two seconds, unless the address says `live=off` or nobody looks. */
import { computed, effect, signal } from "@preact/signals"
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import type { Answers, Options } from "../../internal/encoded.js"
import { shared } from "./address.js"
import { AskError, ask, connection, type Method, reconnected } from "./client.js"

const every = 2_000
const longest = 30_000

const isHidden = signal(document.hidden)
document.addEventListener("visibilitychange", () => {
  isHidden.value = document.hidden
})

/** Whether what is new is shown as it comes. */
export const isLive = computed(() => shared.value.live !== "off")

const isPolled = computed(() => isLive.value && !isHidden.value && connection.value.state === "up")

/** The clock of the page, by which times are said to be so long ago: milliseconds. */
export const now = signal(Date.now())

effect(() => {
  if (isHidden.value) return
  now.value = Date.now()
  const timer = window.setInterval(() => {
    now.value = Date.now()
  }, 10_000)
  return () => window.clearInterval(timer)
})

/**
 * Calls a function again and again, each time two seconds after the time before has ended: one is in flight at most. Waits
 * longer after each failure, up to half a minute; not at all while it is paused, hidden or without a server. Ends with the
 * function that it gives.
 */
export const poll = (call: (abort: AbortSignal) => Promise<unknown>): (() => void) => {
  let delay = every
  return effect(() => {
    if (!isPolled.value) return
    const abort = new AbortController()
    let timer: number
    const turn = async () => {
      try {
        await call(abort.signal)
        delay = every
      } catch {
        delay = Math.min(delay * 2, longest)
      }
      if (!abort.signal.aborted) timer = window.setTimeout(turn, delay)
    }
    timer = window.setTimeout(turn, every)
    return () => {
      abort.abort()
      window.clearTimeout(timer)
    }
  })
}

export interface Asking<A> {
  /** The last answer: of the question before, until there is one to this. */
  readonly answer: A | undefined
  /** Whether the answer is to this question. */
  readonly isCurrent: boolean
  readonly error: AskError | undefined
  /** Asks once more. */
  readonly again: () => void
}

interface AnswerOptions<A> {
  /** Asks the same again as long as the page is live. */
  readonly live?: boolean
  /** Whether an answer stays as it is: it is not asked for again then. */
  readonly isLast?: (answer: A) => boolean
  /**
   * Tells one question from another, where the options do not: a filter as `"24h"` becomes another time each moment. It is
   * the filters of the address then.
   */
  readonly key?: string | undefined
}

/** The answer to a question, or to none yet for `undefined`. A new question aborts the one before. */
export const useAnswer = <M extends Method>(
  method: M,
  options: Options[M] | undefined,
  { isLast, key: question, live = false }: AnswerOptions<Answers[M]> = {}
): Asking<Answers[M]> => {
  const key = options === undefined ? undefined : `${method} ${question ?? JSON.stringify(options)}`
  const [state, setState] = useState<{ key?: string; answer?: Answers[M]; failed?: string; error?: AskError }>({})
  const [times, setTimes] = useState(0)
  const latest = useRef(options)
  latest.current = options
  const back = reconnected.value
  useEffect(() => {
    if (key === undefined) return
    const abort = new AbortController()
    const turn = async (signal: AbortSignal) => {
      try {
        const answer = await ask(method, latest.current as Options[M], signal)
        if (abort.signal.aborted) return
        setState({ key, answer })
        if (isLast?.(answer)) stop?.()
      } catch (error) {
        if (!abort.signal.aborted && error instanceof AskError)
          setState((before) => ({ ...before, failed: key, error }))
        throw error
      }
    }
    turn(abort.signal).catch(() => {})
    const stop = live ? poll((signal) => turn(AbortSignal.any([signal, abort.signal]))) : undefined
    return () => {
      stop?.()
      abort.abort()
    }
  }, [key, live, times, back])
  return useMemo(
    () => ({
      answer: state.answer,
      isCurrent: state.key === key,
      error: state.failed === key ? state.error : undefined,
      again: () => setTimes((count) => count + 1)
    }),
    [state, key]
  )
}
