/** Takes an answer apart as it comes: a row a line. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { inTurns, nextTurn } from "../../runtime/eventLoop.js"

/** The rows of an answer, and what it says before them. */
export interface Parsed<A> {
  readonly head: unknown
  readonly rows: ReadonlyArray<A>
}

/** An answer that is none: it breaks off, or is of somebody else. */
class Malformed {
  readonly _tag = "Malformed"
}

class TooLarge {
  readonly _tag = "TooLarge"
}

/**
 * Reads an answer. The last line of one that has rows is `]}`, and each row ends with a comma but the last; an answer of one
 * line has no rows.
 */
export const read = <A, E>(
  chunks: Stream.Stream<Uint8Array, E>,
  maxBytes: number,
  decode: (row: unknown) => A
): Effect.Effect<Parsed<A>, E | Malformed | TooLarge> =>
  Effect.suspend(() => {
    const parser = new Parser(decode)
    let bytes = 0
    return Effect.zipRight(
      // Chunks that have come already are all read in one turn, unless there is one between two.
      Stream.runForEach(chunks, (chunk): Effect.Effect<void, Malformed | TooLarge> => {
        bytes += chunk.length
        return bytes > maxBytes
          ? Effect.fail(new TooLarge())
          : Effect.zipRight(
              nextTurn,
              inParts(() => parser.push(chunk))
            )
      }),
      inParts(() => parser.end())
    )
  })

/** Rows are made in turns; what throws is no row. */
const inParts = <A>(work: () => Generator<void, A>): Effect.Effect<A, Malformed> =>
  inTurns(work).pipe(Effect.catchAllDefect(() => Effect.fail(new Malformed())))

class Parser<A> {
  private readonly decoder = new TextDecoder("utf-8", { fatal: true })
  private readonly rows: Array<A> = []
  private line = ""
  /** The first line; the second tells whether there are rows. */
  private head: string | undefined
  private ended = false

  constructor(private readonly decode: (row: unknown) => A) {}

  *push(chunk: Uint8Array): Generator<void, void> {
    yield* this.take(this.decoder.decode(chunk, { stream: true }))
  }

  *end(): Generator<void, Parsed<A>> {
    yield* this.take(`${this.decoder.decode()}\n`)
    if (this.head === undefined) throw new Malformed()
    if (this.ended) return { head: JSON.parse(`${this.head}]}`), rows: this.rows }
    if (this.rows.length > 0) throw new Malformed()
    return { head: JSON.parse(this.head), rows: this.rows }
  }

  private *take(text: string): Generator<void, void> {
    let from = 0
    while (true) {
      const at = text.indexOf("\n", from)
      if (at < 0) break
      this.row(this.line + text.slice(from, at))
      this.line = ""
      from = at + 1
      yield
    }
    this.line += text.slice(from)
  }

  private row(line: string): void {
    if (line === "") return
    if (this.ended) throw new Malformed()
    if (this.head === undefined) this.head = line
    else if (line === "]}") this.ended = true
    else this.rows.push(this.decode(JSON.parse(line.endsWith(",") ? line.slice(0, -1) : line)))
  }
}
