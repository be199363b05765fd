import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { nextTurn } from "../../../runtime/eventLoop.js"
import { Storage } from "../../../storage/Storage.js"
import * as Transcript from "../../Transcript.js"
import * as Args from "./arguments.js"
import * as Said from "./said.js"
import { summary } from "./sessions.js"
import * as Text from "./text.js"
import * as Tool from "./tool.js"

const args = {
  session_id: Args.sessionId,
  from_turn: Args.integer("The turn to begin with: 1 when absent.", 1, 1_000_000),
  from_entry: Args.integer("The entry of that turn to begin with: 1 when absent.", 1, 1_000_000),
  text_length: Args.integer("Characters of each text that are shown: 100 to 15,000; 1,500 when absent.", 100, 15_000),
  logs: Schema.optional(
    Schema.Literal("none", "warnings", "all").annotations({
      description: "Which logs are shown: warnings and errors when absent, all of a session that has no turns."
    })
  )
}

export const readSession = Tool.make({
  name: "read_session",
  title: "Read the conversation of a session",
  description:
    "Reads what was said in a session, turn by turn: the words of the user, the system and the models, each tool call with " +
    "its arguments and result, and of each turn the time, tokens, cost in US dollars and errors, with logs and scores. What " +
    "models are given again and again is shown once. A long session comes in pieces: the answer says how to go on.",
  arguments: Schema.Struct(args),
  run: ({ from_entry = 1, from_turn = 1, logs, session_id: sessionId, text_length = 1_500 }) =>
    Effect.gen(function* () {
      const { getSession } = yield* Storage
      const session = Option.getOrUndefined(yield* getSession(sessionId))
      if (session === undefined) {
        return yield* Tool.refuse(
          `There is no session ${Text.inline(sessionId)}: list_sessions finds those that there are.`
        )
      }
      if (from_turn > Math.max(1, session.turns)) {
        return yield* Tool.misfit(`- from_turn: this session has ${session.turns} turns`)
      }
      const piece = new Piece({ turn: from_turn, entry: from_entry })
      piece.page.add(`# Session ${Text.inline(sessionId)}`, summary(session), "")
      const shown = logs ?? (session.turns === 0 ? "all" : "warnings")
      yield* Transcript.ofSession(sessionId, { fromTurn: from_turn, textLength: text_length }).pipe(
        Stream.runForEachWhile((item) => Effect.as(nextTurn, piece.add(item, shown, text_length)))
      )
      return { text: piece.end() }
    })
})

/** A place in a session. What comes before the first turn is counted with it, and what comes after a turn with that. */
interface Place {
  readonly turn: number
  readonly entry: number
}

/** A piece of a conversation, from a place on. */
class Piece {
  readonly page = new Text.Page()
  private turn = 1
  private entry = 0
  private isBegun = false
  private next: Place | undefined

  constructor(private readonly from: Place) {}

  /** Adds an item; `false` where it has no room. */
  add(item: Transcript.Item, logs: "none" | "warnings" | "all", length: number): boolean {
    switch (item._tag) {
      case "LogRecord":
        return Said.isShown(item, logs) ? this.block([], Said.ofLog(item, length)) : true
      case "Score":
        return this.block([], Said.ofScore(item, length))
      case "Turn": {
        if (item.number > 1) this.entry = 0
        this.turn = item.number
        const head = Said.ofTurn(item)
        const blocks = item.entries.map((entry) => Said.ofEntry(entry, item, length))
        const errors = Said.ofErrors(item)
        const all = errors.length === 0 ? blocks : [...blocks, errors]
        if (all.length === 0) return this.block([], [...head, ...Said.ofNoWords(item)])
        // A piece that begins within a turn says of which.
        let isHeaded = false
        return all.every((block) => {
          const isAdded = this.block(isHeaded ? [] : head, block)
          isHeaded ||= this.isAfterStart
          return isAdded
        })
      }
    }
  }

  end(): string {
    return this.page.end(
      this.next === undefined
        ? "[the session ends here]"
        : `[cut here: go on with the same arguments, from_turn=${this.next.turn} and from_entry=${this.next.entry}]`
    )
  }

  private get isAfterStart(): boolean {
    return this.turn > this.from.turn || this.entry >= this.from.entry
  }

  private block(head: ReadonlyArray<string>, lines: ReadonlyArray<string>): boolean {
    this.entry++
    if (!this.isAfterStart) return true
    if (this.page.add(...head, ...lines)) {
      this.isBegun = true
      return true
    }
    this.next = { turn: this.turn, entry: this.entry }
    if (this.isBegun) return false
    // An entry that alone is too long for a piece loses its end.
    for (const line of [...head, ...lines]) if (!this.page.add(line)) break
    this.page.add("[the rest of this entry has no room: a smaller text_length shows more of it, or read_span all]")
    this.next = { turn: this.turn, entry: this.entry + 1 }
    return false
  }
}
