import { createHash } from 'node:crypto'

/** The lines of a run as one hash. Two runs of a seed must have the same hash. */
export type Trace = {
  readonly add: (line: string) => void
  /** The hash so far; ends the trace. */
  readonly hash: () => string
}

/** Starts a trace. `onLine` gets every line, to read a run. */
export const traceOf = (onLine?: (line: string) => void): Trace => {
  const hash = createHash('sha256')
  return {
    add: (line) => {
      hash.update(line).update('\n')
      onLine?.(line)
    },
    hash: () => hash.digest('hex').slice(0, 16),
  }
}
