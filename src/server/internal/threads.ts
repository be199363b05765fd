/**
 * Threads of messages. Each call of a model is given all that was said before, so that what is new in it is what comes after
 * the messages that it has in common with an earlier call.
 */
import { isMark, keyOf, type Message } from "../../signal/internal/messages.js"

/** A call of a model, as much as later ones are compared with. */
interface Thread {
  readonly agent: string
  readonly instructions: number | undefined
  readonly input: ReadonlyArray<number>
  readonly answers: number
}

/** A call of a model, with what it was told and what it answered. */
interface Call {
  readonly agent: string
  readonly instructions: Message | undefined
  readonly input: ReadonlyArray<Message>
  readonly output: ReadonlyArray<Message>
}

/** The messages of a call that those before it lack. */
interface Fresh {
  readonly messages: ReadonlyArray<Message>
  /** Whether the agent goes on with another history than before: it was cut, or put into other words. */
  readonly isCompacted: boolean
}

/** As many threads are compared with: agents that call others, and several at once, take turns. */
const maxThreads = 64

/** The threads of a session, those first that went on last. */
export class Threads {
  private threads: ReadonlyArray<Thread> = []

  /** Adds a call, and gives the messages that no call before it was given. */
  add(call: Call): Fresh {
    const input = call.input.map(keyOf)
    let best: Thread | undefined
    let match = unlike
    for (const thread of this.threads) {
      const found = compare(thread, call, input)
      if (found.common <= match.common) continue
      best = thread
      match = found
    }
    const before = this.threads.find(({ agent }) => agent === call.agent)
    const isShortened = !match.isWhole && before !== undefined && isOtherHistory(before, call, input)
    const replaced = match.isWhole ? best : isShortened ? before : undefined
    const instructions = call.instructions && keyOf(call.instructions)
    const known = replaced ?? best ?? before
    const next = { agent: call.agent, instructions, input, answers: call.output.length }
    this.threads = [next, ...this.threads.filter((thread) => thread !== replaced)].slice(0, maxThreads)

    const told = call.instructions === undefined || known?.instructions === instructions ? [] : [call.instructions]
    const summary = match.first === 0 ? [] : unknownOf(best, call.input.slice(0, match.first))
    return {
      messages: [...told, ...summary, ...call.input.slice(match.from)],
      isCompacted: isShortened || summary.length > 0
    }
  }
}

interface Match {
  /** How many messages are the same. */
  readonly common: number
  /** Where those begin in the later call, and where what is new begins. */
  readonly first: number
  readonly from: number
  /** Whether the later call has the end of the earlier one. */
  readonly isWhole: boolean
}

const unlike: Match = { common: 0, first: 0, from: 0, isWhole: false }

/** The longest run that both have in common: at the start of both, or, of one agent, one that ends the earlier call. */
const compare = ({ agent, answers, input: before }: Thread, call: Call, input: ReadonlyArray<number>): Match => {
  const common = commonPrefix(before, input)
  let match: Match = { common, first: 0, from: common, isWhole: common === before.length && common > 0 }
  let steps = 0
  if (!match.isWhole && agent === call.agent) {
    for (let last = input.length - 1; last >= match.common && steps < maxSteps; last--) {
      let run = 0
      while (run < before.length && run <= last && before[before.length - 1 - run] === input[last - run]) run++
      steps += run + 1
      if (run > match.common) match = { common: run, first: last - run + 1, from: last + 1, isWhole: true }
    }
  }
  if (!match.isWhole) return match
  // The answer of the earlier call may come again in other words.
  let { from } = match
  while (from - match.from < answers && call.input[from]?.role === "assistant") from++
  return { ...match, from }
}

/** Messages that are all alike would take the square of their number. */
const maxSteps = 100_000

const commonPrefix = (before: ReadonlyArray<number>, input: ReadonlyArray<number>): number => {
  let common = 0
  while (common < before.length && common < input.length && before[common] === input[common]) common++
  return common
}

/** Whether an agent lost several messages, and goes on with some. One that is told one thing begins anew. */
const isOtherHistory = ({ input: before }: Thread, call: Call, input: ReadonlyArray<number>): boolean =>
  before.length - commonPrefix(before, input) > 1 && call.input.filter(({ role }) => role !== "system").length > 1

const unknownOf = (thread: Thread | undefined, messages: ReadonlyArray<Message>): ReadonlyArray<Message> => {
  const known = new Set(thread?.input)
  return messages.filter((message) => !known.has(keyOf(message)) && !isLeftOut(message))
}

const isLeftOut = ({ parts }: Message): boolean =>
  parts.length === 1 && parts.every((part) => part._tag === "Text" && isMark(part.text))
