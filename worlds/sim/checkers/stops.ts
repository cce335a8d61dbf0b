import { LIMITS } from '../../../core/limits.ts'
import { isInterruption, tasksOf } from '../history.ts'
import type { Checker } from './checker.ts'

/**
 * Where nothing happens but orderly stops, no worker is lost, and an attempt is interrupted only by the stop of its process.
 * `budgets` checks that an interruption uses up no attempt.
 */
export const stopsInOrder: Checker = (history) =>
  [...tasksOf(history)].flatMap(([task, commits]) =>
    commits.flatMap(({ at, before, after, process }) => {
      if (history.only !== 'execute stopped' || before?.state !== 'running') return []
      const report = (message: string) => [{ task, at, message }]
      if (after.losses > before.losses || after.error?.code === 'WorkerLost')
        return report('a worker was lost by an orderly stop')
      if (!isInterruption({ at, before, after, process })) return []
      const toldAt = history.stops.get(process)
      if (toldAt === undefined) return report(`${process} interrupted its attempt, and was not told to stop`)
      // Within the grace of ten seconds.
      return at - toldAt > GRACE_MS ? report(`${process} interrupted its attempt ${at - toldAt} ms after the stop began`) : []
    }),
  )

const GRACE_MS = 10_000 + LIMITS.stopCommitMs
