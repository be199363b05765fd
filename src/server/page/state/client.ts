/** Asks the server that the page is from. */
import { signal } from "@preact/signals"
import type { Answers, Options, Stats } from "../../internal/encoded.js"
import { base } from "./address.js"
import { readRows } from "./rows.js"

/**
 * Why there is no answer: the reason of a `StorageError`, `"Unauthorized"` for who has no token, `"Lost"` where nobody
 * answers.
 */
export class AskError extends Error {
  constructor(
    readonly reason: string,
    readonly detail: string,
    readonly field: string | undefined,
    readonly retryable: boolean
  ) {
    super(`${reason}: ${detail}`)
  }
}

interface Connection {
  readonly state: "up" | "lost" | "unauthorized"
  /** When it is tried again, by the clock's milliseconds. */
  readonly retryAt?: number
}

/** Whether the server answers: the shell shows it. */
export const connection = signal<Connection>({ state: "up" })

/** Goes up by one each time the server is back, for what must be asked again then. */
export const reconnected = signal(0)

/** The name of the header by which the server tells its answers from those of a proxy. */
const versionHeader = "effect-observability-api"

/** The methods that are asked by POST. */
export type Method = keyof Options & keyof Answers

/** Asks a question. Fails with an `AskError`, or as `fetch` does where the signal was aborted. */
export const ask = <M extends Method>(method: M, options: Options[M], abort?: AbortSignal): Promise<Answers[M]> =>
  send(method, posted(options), abort)

const posted = (options: unknown): RequestInit => ({
  method: "POST",
  body: JSON.stringify(options),
  headers: { "content-type": "application/json" }
})

/**
 * Asks for an answer that consists of many rows, and takes it apart as it comes, a row at a time, so that the page is never
 * held up: the server sends a row a line.
 */
export const askRows = <M extends Method>(
  method: M,
  options: Options[M],
  name: string,
  abort?: AbortSignal
): Promise<Answers[M]> => send(method, posted(options), abort, (answer) => readRows(answer, name))

/** The fate of the server’s records. */
export const stats = (): Promise<Stats> => send("stats", {}, undefined)

const send = async <A>(
  path: string,
  init: RequestInit,
  abort: AbortSignal | undefined,
  read: (answer: Response) => Promise<A> = (answer) => answer.json()
): Promise<A> => {
  let answer: Response
  try {
    answer = await fetch(`${base}api/${path}`, { ...init, ...(abort === undefined ? {} : { signal: abort }) })
    if (answer.ok && answer.headers.has(versionHeader)) {
      const value = await read(answer)
      isUp()
      return value
    }
  } catch (error) {
    if (abort?.aborted) throw error
    throw lose()
  }
  if (answer.status === 401) {
    connection.value = { state: "unauthorized" }
    throw new AskError("Unauthorized", "the server asks for its token", undefined, false)
  }
  // A proxy may refuse a question; or nobody is behind it.
  if (!answer.headers.has(versionHeader) && (answer.ok || answer.status > 501)) throw lose()
  isUp()
  throw await errorOf(answer)
}

const errorOf = async (answer: Response): Promise<AskError> => {
  const text = await answer.text().catch(() => "")
  try {
    const { detail, field, reason, retryable } = JSON.parse(text)
    return new AskError(String(reason), String(detail), field, retryable === true)
  } catch {
    return new AskError(
      "Refused",
      (answer.headers.has(versionHeader) && text.trim()) || `status ${answer.status}`,
      undefined,
      true
    )
  }
}

// Lost, and found again

const firstDelay = 1_000
const longestDelay = 30_000
let delay = firstDelay
let timer: number | undefined

let upAt = 0

const isUp = (): void => {
  if (connection.value.state === "up") return
  window.clearTimeout(timer)
  timer = undefined
  upAt = Date.now()
  connection.value = { state: "up" }
  reconnected.value++
}

const lose = (): AskError => {
  if (timer === undefined) {
    // One question alone that nobody answers must not be asked each second.
    if (Date.now() - upAt > longestDelay) delay = firstDelay
    timer = window.setTimeout(retry, delay)
    connection.value = { state: "lost", retryAt: Date.now() + delay }
    delay = Math.min(delay * 2, longestDelay)
  }
  return new AskError("Lost", "the server does not answer", undefined, true)
}

/** Tries at once whether the server is back. */
export const retry = (): void => {
  window.clearTimeout(timer)
  timer = undefined
  stats().catch(() => {})
}
