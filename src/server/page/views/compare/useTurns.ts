/** All turns of a session, read page by page. */
import { useEffect, useState } from "preact/hooks"
import type { Turn } from "../../../internal/encoded.js"
import { AskError, ask, reconnected } from "../../state/client.js"

/** So many turns are compared: of a longer session, its first ones. */
export const mostTurns = 400
const page = 50
/** Characters of a text. */
const textLength = 20_000

interface Turns {
  readonly sessionId?: string | undefined
  readonly turns: ReadonlyArray<Turn>
  readonly isWhole: boolean
  readonly isCut: boolean
  readonly error?: AskError | undefined
}

const none: Turns = { turns: [], isWhole: false, isCut: false }

export const useTurns = (sessionId: string) => {
  const [state, setState] = useState<Turns>(none)
  const [times, setTimes] = useState(0)
  const back = reconnected.value
  useEffect(() => {
    const abort = new AbortController()
    const read = async () => {
      const turns: Array<Turn> = []
      let fromTurn: number | undefined = 1
      while (fromTurn !== undefined && turns.length < mostTurns) {
        const answer: { readonly nextTurn?: number; readonly items: ReadonlyArray<object> } = await ask(
          "sessionTranscript",
          { sessionId, fromTurn, turns: page, textLength },
          abort.signal
        )
        for (const item of answer.items) if (isTurn(item)) turns.push(item)
        fromTurn = answer.nextTurn
      }
      if (!abort.signal.aborted) setState({ sessionId, turns, isWhole: true, isCut: fromTurn !== undefined })
    }
    read().catch((error) => {
      if (error instanceof AskError && !abort.signal.aborted) setState({ ...none, sessionId, error })
    })
    return () => abort.abort()
  }, [sessionId, times, back])
  const shown = state.sessionId === sessionId ? state : none
  return { ...shown, again: () => setTimes((times) => times + 1) }
}

const isTurn = (item: object): item is Turn => "_tag" in item && item._tag === "Turn"
