/** Says that the server does not answer, or lets nobody in, and how to get on. */
import { useEffect, useRef, useState } from "preact/hooks"
import { connection, retry } from "../state/client.js"

export const Lost = () => {
  const { retryAt, state } = connection.value
  if (state === "unauthorized") return <Token />
  if (state === "up") return null
  return (
    <div class="banner" role="alert">
      <span>
        The server does not answer: what is shown may be old. <Countdown to={retryAt} />
      </span>
      <button type="button" onClick={retry}>
        Try now
      </button>
    </div>
  )
}

const Countdown = ({ to }: { readonly to: number | undefined }) => {
  const [time, setTime] = useState(Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => setTime(Date.now()), 500)
    return () => window.clearInterval(timer)
  }, [])
  if (to === undefined) return null
  const seconds = Math.ceil((to - time) / 1000)
  return <span aria-hidden="true">{seconds > 0 ? `Trying again in ${seconds} s.` : "Trying …"}</span>
}

/** The token goes to the server once, which keeps it in a cookie and takes it out of the address. */
const Token = () => {
  const input = useRef<HTMLInputElement>(null)
  return (
    <form
      class="banner"
      onSubmit={(event) => {
        event.preventDefault()
        const query = new URLSearchParams(window.location.search)
        query.set("token", input.current?.value ?? "")
        window.location.search = query.toString()
      }}
    >
      <label>
        The server asks for its token. <input ref={input} type="password" name="token" required autocomplete="off" />
      </label>
      <button type="submit">Enter</button>
    </form>
  )
}
