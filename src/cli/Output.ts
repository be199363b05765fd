/** The output of a command: data on stdout, all else on stderr, as terminals and pipes want it. */
import * as Effect from "effect/Effect"
import { type Paint, painter, visible } from "../runtime/printable.js"
import { Closed } from "./Failure.js"

/** The width of the terminal in cells; `undefined` where the output goes to a file or a pipe, and nothing needs to fit. */
export const columns = (): number | undefined => {
  const given = Number(process.env["COLUMNS"])
  return process.stdout.isTTY ? process.stdout.columns : Number.isInteger(given) && given > 0 ? given : undefined
}

/** FORCE_COLOR goes before NO_COLOR, as it does in Node. */
const hasColors = (stream: NodeJS.WriteStream): boolean => {
  const { FORCE_COLOR: forced, NO_COLOR: none, TERM: terminal } = process.env
  if (forced !== undefined) return forced !== "0" && forced !== "false"
  return stream.isTTY === true && !none && terminal !== "dumb"
}

export const paint: Paint = (color, text) => painter(hasColors(process.stdout))(color, text)

export const paintError: Paint = (color, text) => painter(hasColors(process.stderr))(color, text)

/** Takes the colours from the help of `@effect/cli`, which has them always. */
export const uncolored = (stream: NodeJS.WriteStream, text: string): string =>
  hasColors(stream) ? text : text.replace(/\u001b\[[0-9;]*m/g, "")

/** Writes lines to stdout, and waits until they are taken. */
export const print = (...lines: ReadonlyArray<string>): Effect.Effect<void, Closed> =>
  lines.length === 0 ? Effect.void : write(process.stdout, `${lines.join("\n")}\n`)

/** A line for people, on stderr. */
export const note = (text: string): Effect.Effect<void> => Effect.ignore(write(process.stderr, `${text}\n`))

/** Tells how far something has come: on a terminal in place of what was told before. */
export const progress = (text: string): Effect.Effect<void> =>
  process.stderr.isTTY ? Effect.ignore(write(process.stderr, `\r\u001b[2K${text}`)) : note(text)

/** Ends the line of a progress. */
export const progressed: Effect.Effect<void> = Effect.suspend(() => (process.stderr.isTTY ? note("") : Effect.void))

/** Whether somebody sits there who can be asked. */
export const isInteractive = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

/** The line that somebody answers. */
export const ask = (question: string): Effect.Effect<string> =>
  Effect.async<string>((resume) => {
    process.stderr.write(visible(question))
    const taken = (data: Buffer) => resume(Effect.succeed(data.toString().trim()))
    process.stdin.once("data", taken).once("end", () => resume(Effect.succeed("")))
    return Effect.sync(() => process.stdin.off("data", taken))
  }).pipe(Effect.ensuring(Effect.sync(() => process.stdin.pause())))

const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void, Closed> =>
  Effect.async((resume) => {
    stream.write(text, (error) => resume(error ? new Closed() : Effect.void))
  })

/** A pipe that was closed is told to whoever writes to it, and must not end the process before. */
export const guard = (): void => {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
}
