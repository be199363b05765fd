/** A session as the page has it: its summary, and its turns, of which some are there at first and the others when they are wanted. */
import { signal } from "@preact/signals"
import type { Log, ScoreRow, Session, Tagged, TranscriptItem, Turn } from "../../../internal/encoded.js"
import type { RouteOf } from "../../state/address.js"
import { AskError, ask } from "../../state/client.js"
import { poll } from "../../state/live.js"

/** A session, and what the address says of it. */
export interface TabProps {
  readonly route: RouteOf<"session">
  readonly told: Told
}

/** Logs and scores: all that happened beside the turns. */
export type Aside = Tagged<"LogRecord", Log> | Tagged<"Score", ScoreRow>

/** A turn, with what happened after it began and before the next one did. */
export interface ToldTurn {
  readonly turn: Turn
  readonly after: ReadonlyArray<Aside>
}

/** Turns that are asked for first, as many as are seen: the others come while one reads. */
const few = 6
/** Turns that are asked for at a time. */
const step = 20
/** Turns that are read though nobody has wanted them: a longer session is read where it is looked at. */
const ahead = 400
/** Characters of a text: all of it is in its span. */
const textLength = 50_000

export class Told {
  /** `null` where there is no such session. */
  readonly summary = signal<Session | null | undefined>(undefined)
  readonly turns = signal<ReadonlyMap<number, ToldTurn>>(new Map())
  /** Logs and scores before the first turn. */
  readonly before = signal<ReadonlyArray<Aside>>([])
  readonly error = signal<AskError | undefined>(undefined)
  private wanted: ReadonlyArray<number> = []
  /** A turn that did not come when it was asked for may come when the session has changed. */
  private readonly tried = new Set<number>()
  private isAsking = false
  private readsAll = false
  private abort = new AbortController()
  private end = () => {}
  /** The turn that is looked at, which is asked for again when something happens. */
  seen = 1

  constructor(readonly sessionId: string) {}

  /** How many turns there are, as far as is known. */
  get count(): number {
    return Math.max(this.summary.value?.turns ?? 0, ...this.turns.value.keys())
  }

  /** Asks for the session, and goes on as it does. Ends with the function that it gives. */
  start(): () => void {
    this.end()
    const abort = new AbortController()
    this.abort = abort
    this.wanted = []
    this.isAsking = false
    this.tried.clear()
    this.error.value = undefined
    void this.guarded(() => this.summarise(this.abort.signal))
    void this.guarded(() => this.tell(this.seen, this.abort.signal, few)).then(() => this.read())
    const stop = poll((signal) => this.refresh(AbortSignal.any([signal, this.abort.signal])))
    this.end = () => {
      stop()
      abort.abort()
    }
    return this.end
  }

  /** Asks for a turn before all others. */
  want(number: number): void {
    if (number < 1 || number > this.count || this.turns.value.has(number)) return
    if (this.wanted[0] === number) return
    // A reader who comes from below reads on upwards.
    const from = this.turns.peek().has(number + 1) ? Math.max(1, number - step + 1) : number
    if (this.wanted.some((other) => other <= number && number < other + step)) return
    this.wanted = [from, ...this.wanted]
    void this.read()
  }

  /** Asks for all turns, however many there are. */
  wantAll(): void {
    if (this.readsAll) return
    this.readsAll = true
    void this.read()
  }

  /** Whether all turns are here. */
  get isWhole(): boolean {
    return this.summary.value !== undefined && this.turns.value.size >= this.count
  }

  /** Asks for what has changed, as after a score was added. */
  async refresh(signal: AbortSignal = this.abort.signal): Promise<void> {
    const before = this.summary.peek()
    await this.summarise(signal)
    if (JSON.stringify(before) === JSON.stringify(this.summary.peek())) return
    const numbers = Array.from(this.turns.peek().keys())
    const running = numbers.filter((number) => this.turns.peek().get(number)?.turn.span.status === "running")
    const from = Math.max(1, Math.min(...running.slice(-step), ...numbers.slice(-1)))
    this.tried.clear()
    await this.tell(Number.isFinite(from) ? from : 1, signal)
    if (this.seen < from) await this.tell(this.seen, signal, few)
    this.error.value = undefined
    void this.read()
  }

  private async summarise(signal: AbortSignal): Promise<void> {
    const summary = await ask("getSession", { sessionId: this.sessionId }, signal)
    if ((summary?.turns ?? 0) < (this.summary.peek()?.turns ?? 0)) this.forget()
    if (JSON.stringify(summary) !== JSON.stringify(this.summary.peek())) this.summary.value = summary
  }

  /** Turns that are deleted, or come late, give those after them other numbers. */
  private forget(): void {
    this.turns.value = new Map()
    this.before.value = []
    this.tried.clear()
  }

  private async guarded(work: () => Promise<void>): Promise<boolean> {
    const { signal } = this.abort
    try {
      await work()
      return true
    } catch (error) {
      if (error instanceof AskError && !signal.aborted) this.error.value = error
      return false
    }
  }

  /** Asks for what is wanted, one after the other, and then for the rest. */
  private async read(): Promise<void> {
    if (this.isAsking) return
    this.isAsking = true
    const { signal } = this.abort
    let first = this.next()
    while (first !== undefined && !signal.aborted) {
      const asked = first
      if (!(await this.guarded(() => this.tell(asked, signal)))) break
      this.wanted = this.wanted.filter((other) => other !== asked)
      for (let number = asked; number < asked + step; number++) this.tried.add(number)
      first = this.next()
    }
    if (!signal.aborted) this.isAsking = false
  }

  private next(): number | undefined {
    const [wanted] = this.wanted
    if (wanted !== undefined) return wanted
    const { count } = this
    if (count > ahead && !this.readsAll) return undefined
    const has = this.turns.peek()
    for (let number = 1; number <= count; number++) {
      if (!has.has(number) && !this.tried.has(number)) return number
    }
    return undefined
  }

  private async tell(fromTurn: number, signal: AbortSignal, turns = step): Promise<void> {
    const { sessionId } = this
    const { items } = await ask("sessionTranscript", { sessionId, fromTurn, turns, textLength }, signal)
    if (!signal.aborted) this.add(items)
  }

  private add(items: ReadonlyArray<TranscriptItem>): void {
    const isOther = (item: TranscriptItem) =>
      item._tag === "Turn" &&
      (this.turns.peek().get(item.number)?.turn.span.spanId ?? item.span.spanId) !== item.span.spanId
    if (items.some(isOther)) this.forget()
    const turns = new Map(this.turns.peek())
    const start = items.findIndex((item) => item._tag === "Turn")
    const isFirst = start < 0 || (items[start] as Turn).number === 1
    if (isFirst) this.before.value = (start < 0 ? items : items.slice(0, start)) as ReadonlyArray<Aside>
    let isChanged = false
    for (let i = Math.max(0, start); i < items.length; ) {
      const turn = items[i] as Turn
      let end = i + 1
      while (end < items.length && items[end]?._tag !== "Turn") end++
      if (start >= 0) {
        const told = { turn, after: items.slice(i + 1, end) as ReadonlyArray<Aside> }
        // A turn that is as it was stays what it was: nothing of it is drawn again.
        if (JSON.stringify(turns.get(turn.number)) !== JSON.stringify(told)) {
          turns.set(turn.number, told)
          isChanged = true
        }
      }
      i = end
    }
    if (isChanged) this.turns.value = turns
  }
}
