/** A server that speaks the protocol of a provider: each request is answered by the next answer of a list. */
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect } from "effect"

/** An answer as a body, or as server-sent events. */
export interface Answer {
  readonly status?: number
  readonly json?: unknown
  readonly events?: ReadonlyArray<object>
  /** How long each event takes to come. */
  readonly every?: number
  /** What becomes of the connection after the last event. */
  readonly after?: "end" | "break" | "hang"
}

interface Asked {
  readonly path: string
  readonly body: Record<string, unknown>
}

const send = async (response: ServerResponse, { events, every = 0, json, status = 200, after = "end" }: Answer) => {
  if (events === undefined) {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json))
    return
  }
  response.writeHead(status, { "content-type": "text/event-stream" })
  for (const event of events) {
    await new Promise((resume) => setTimeout(resume, every))
    const name = "type" in event ? `event: ${event.type}\n` : ""
    response.write(`${name}data: ${JSON.stringify(event)}\n\n`)
  }
  await new Promise((resume) => setTimeout(resume, 5))
  if (after === "break") response.destroy()
  else if (after === "end") response.end()
}

/** Starts a server, whose last answer is given again and again. */
export const make = (...answers: ReadonlyArray<Answer>) =>
  Effect.gen(function* () {
    const asked: Array<Asked> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk) => chunks.push(chunk))
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString()
        asked.push({ path: request.url ?? "", body: text === "" ? {} : JSON.parse(text) })
        void send(response, answers[Math.min(asked.length, answers.length) - 1] as Answer)
      })
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.async<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    )
    const { port } = server.address() as AddressInfo
    return { asked, port, url: `http://127.0.0.1:${port}` }
  })
