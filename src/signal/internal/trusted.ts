/**
 * Lists of records of which each one was checked: where it was made, or where it came in. Whoever stores them need not
 * look at each field of each record again. They are frozen, so that nothing unchecked can join them later.
 */
const trusted = new WeakSet<ReadonlyArray<unknown>>()

export const trust = <A extends ReadonlyArray<unknown>>(records: A): A => {
  trusted.add(Object.freeze(records))
  return records
}

export const isTrusted = (records: ReadonlyArray<unknown>): boolean => trusted.has(records)

/** Processors that make of well-formed records well-formed ones. What any other one returns is checked. */
const careful = new WeakSet<object>()

export const keepsForm = <A extends object>(processor: A): A => {
  careful.add(processor)
  return processor
}

export const isFormKept = (processor: object): boolean => careful.has(processor)
