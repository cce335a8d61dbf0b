import type { DatabaseSync } from 'node:sqlite'

/** Group commit: writes made close together share one transaction, because a commit costs several times its statements. */
export type Commits = {
  /**
   * Runs `work` in the open transaction, and resolves when the transaction is committed. When anything in it fails, the
   * whole transaction is rolled back and every write in it rejects.
   */
  readonly write: <Answer>(work: () => Answer) => Promise<Answer>
  /** Resolves when everything that can be read now is committed: a read must not return a row that may be rolled back. */
  readonly settled: () => Promise<void>
  /** Commits immediately. */
  readonly flush: () => void
}

/** @param deferCommit runs the commit a little later; all writes until then are in it */
export const commitsOf = (database: DatabaseSync, deferCommit: (run: () => void) => void): Commits => {
  // Prepared, because `exec` parses its text each time.
  const beginning = database.prepare('begin')
  const commit = database.prepare('commit')
  const rollback = database.prepare('rollback')
  let open: PromiseWithResolvers<void> | undefined

  const begin = (): PromiseWithResolvers<void> => {
    beginning.run()
    const group = Promise.withResolvers<void>()
    // Each write rethrows the failure; without a waiting read, the group's own rejection is not an error.
    group.promise.catch(() => {})
    open = group
    deferCommit(() => {
      if (open === group) flush()
    })
    return group
  }

  const rollBack = (error: unknown): void => {
    const group = open
    open = undefined
    if (database.isTransaction) rollback.run()
    group?.reject(error)
  }

  const flush = (): void => {
    if (!open) return
    const group = open
    try {
      commit.run()
    } catch (error) {
      rollBack(error)
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
        if (open === group) rollBack(error)
        throw error
      }
    },
    settled: async () => open?.promise,
    flush,
  }
}
