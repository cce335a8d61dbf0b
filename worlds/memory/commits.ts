import type { DatabaseSync } from 'node:sqlite'

/** Writes that are made close together are committed together: a commit costs several times what its statements do. */
export type Commits = {
  /**
   * Does the work in the open transaction, and resolves once that is committed. If anything fails, everything in the
   * transaction is undone and all who wait for it hear of it.
   */
  readonly write: <Answer>(work: () => Answer) => Promise<Answer>
  /** Resolves once everything that can be read now is committed: what might yet be undone is shown to nobody. */
  readonly settled: () => Promise<void>
  /** Commits now. */
  readonly flush: () => void
}

/** @param soon runs the commit a little later; what is written until then is in it */
export const commitsOf = (database: DatabaseSync, soon: (run: () => void) => void): Commits => {
  let open: PromiseWithResolvers<void> | undefined

  const begin = (): PromiseWithResolvers<void> => {
    database.exec('begin')
    const group = Promise.withResolvers<void>()
    // Whoever waits hears of a failure; that nobody does is no error.
    group.promise.catch(() => {})
    open = group
    soon(() => {
      if (open === group) flush()
    })
    return group
  }

  const undo = (error: unknown): void => {
    const group = open
    open = undefined
    if (database.isTransaction) database.exec('rollback')
    group?.reject(error)
  }

  const flush = (): void => {
    if (!open) return
    const group = open
    try {
      database.exec('commit')
    } catch (error) {
      undo(error)
      return
    }
    open = undefined
    group.resolve()
  }

  return {
    write: async (work) => {
      const group = open ?? begin()
      try {
        const answer = work()
        await group.promise
        return answer
      } catch (error) {
        if (open === group) undo(error)
        throw error
      }
    },
    settled: async () => open?.promise,
    flush,
  }
}
