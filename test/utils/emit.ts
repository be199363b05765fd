import type { Emitter } from "../../src/signal/Emitter.js"
import { sizeOf } from "../../src/signal/internal/size.js"
import { type RecordOf, type SignalName, signalNames, signals } from "../../src/signal/signals.js"

/** Emits a record as capture does: with its signal and its size. */
export const emit = ({ emit }: Emitter["Type"], record: RecordOf<SignalName>): void => {
  const signal = signalNames.find((name) => record instanceof signals[name].record) ?? "logs"
  emit(signal, record, sizeOf[signal](record))
}
