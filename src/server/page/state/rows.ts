/** Reads an answer of many rows in turns: no turn holds the page longer than a frame has time. */

/** Milliseconds. */
const turn = 8

/** The answer, of which `name` is the list of rows. Where they do not come a row a line, it is read as a whole. */
export const readRows = async <A>(answer: Response, name: string): Promise<A> => {
  if (answer.body === null) return (await answer.json()) as A
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  const rows: Array<unknown> = []
  let head: object | undefined
  let text = ""
  let since = performance.now()
  while (true) {
    const { done, value } = await reader.read()
    text += value ?? ""
    if (head === undefined) {
      const end = text.indexOf("[\n")
      if (end >= 0) {
        head = JSON.parse(`${text.slice(0, end)}[]}`)
        text = text.slice(end + 2)
      }
    }
    if (head !== undefined) {
      let from = 0
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
        // The last line closes the answer.
        if (text[from] !== "]") rows.push(JSON.parse(text.slice(from, text[end - 1] === "," ? end - 1 : end)))
        from = end + 1
        if (performance.now() - since > turn) {
          await nextTurn()
          since = performance.now()
        }
      }
      text = text.slice(from)
    }
    if (done) break
  }
  return (head === undefined ? JSON.parse(text) : { ...head, [name]: rows }) as A
}

/** Timers would wait four milliseconds each time. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    const onMessage = () => {
      port1.close()
      resolve()
    }
    port1.addEventListener("message", onMessage)
    port1.start()
    port2.postMessage(undefined)
  })
