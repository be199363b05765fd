/** Opens an address in the browser of whoever started the command. */
import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"

/** By platform, the program that opens an address; no shell takes part of an address for a command. */
const openers: { readonly [P in NodeJS.Platform]?: readonly [command: string, ...args: ReadonlyArray<string>] } = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"]
}

/** Nothing depends on it: where there is no browser, the address was printed. */
export const browse = (url: string): Effect.Effect<void> =>
  Effect.sync(() => {
    const [command, ...args] = openers[process.platform] ?? ["xdg-open"]
    // The browser may outlive the command.
    spawn(command, [...args, url], { stdio: "ignore", detached: true })
      .on("error", () => {})
      .unref()
  })
