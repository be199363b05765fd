/** The labels of metrics. */

/** Whether a label tells single sessions, users, traces or calls apart, in whatever way it is spelt. */
export const isId = (label: string): boolean => id.test(label.replaceAll(/[^A-Za-z]/g, ""))

const id = /(session|user|trace|span|request|run|thread|conversation|resource|correlation|message)id$/i
