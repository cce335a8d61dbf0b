import { createHash } from 'node:crypto'

/** What a run did, line by line, as one hash: two runs of a seed are the same if and only if their hashes are. */
export type Trace = {
  readonly add: (line: string) => void
  /** The hash so far; ends the trace. */
  readonly hash: () => string
}

/** Starts a trace. `keep` hears every line besides, for reading a run. */
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
