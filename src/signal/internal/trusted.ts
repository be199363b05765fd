/**
 * Batches of records exactly as capture made them, which are well-formed: whoever stores them need not look at each field
 * of each record again.
 */
const trusted = new WeakSet<ReadonlyArray<unknown>>()

export const trust = <A extends ReadonlyArray<unknown>>(records: A): A => {
  trusted.add(records)
  return records
}

export const isTrusted = (records: ReadonlyArray<unknown>): boolean => trusted.has(records)

/** Processors that make of well-formed records well-formed ones. */
const careful = new WeakSet<object>()

export const keepsForm = <A extends object>(processor: A): A => {
  careful.add(processor)
  return processor
}

export const isFormKept = (processor: object): boolean => careful.has(processor)
