/** The loop that all targets share: it draws inputs until the time is over, or until one of them fails. */
import { cpuUsage } from "node:process"
import { inspect } from "node:util"
import { Random } from "./Random.js"

export interface Target {
  readonly name: string
  /** Draws an input, and gives it with what must not fail of it. */
  readonly draw: (random: Random) => Attempt
}

interface Attempt {
  readonly input: unknown
  readonly run: () => void | Promise<void>
}

export const target = <A>(
  name: string,
  draw: (random: Random) => A,
  check: (input: A) => void | Promise<void>
): Target => ({
  name,
  draw: (random) => {
    const input = draw(random)
    return { input, run: () => check(input) }
  }
})

/** The characters of an input that are printed: its seed gives all of it. */
const maxPrinted = 10_000

/** The processor time that one input may cost. */
const maxMillis = 2_000

/** Input number `n` is drawn from `seed + n`: the seed of an error draws its input first. Gives how many inputs passed. */
export const fuzz = async ({ draw, name }: Target, seconds: number, seed: number): Promise<number> => {
  const end = performance.now() + seconds * 1_000
  for (let n = 0; ; n++) {
    if (performance.now() >= end) return n
    const { input, run } = draw(new Random(seed + n))
    const before = cpuUsage()
    try {
      await run()
      const { system, user } = cpuUsage(before)
      const millis = (system + user) / 1_000
      if (millis > maxMillis) throw new Error(`it took ${millis} ms`)
    } catch (cause) {
      const text = inspect(input, { depth: null, maxArrayLength: null, maxStringLength: null }).slice(0, maxPrinted)
      throw new Error(
        `${cause}\ninput: ${text}\nto repeat it: npm run fuzz -- ${name} --seconds 1 --seed ${seed + n}`,
        { cause }
      )
    }
  }
}
