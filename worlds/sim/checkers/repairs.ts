import { type Instant, iso } from '../../../core/instant.ts'
import { LIMITS } from '../../../core/limits.ts'
import { overdueAt } from '../../../core/task/places.ts'
import { tasksOf } from '../history.ts'
import type { Checker } from './checker.ts'

/** A sweep and the delivery of its message take some calls, and two clocks may differ. */
const SLACK_MS = 30_000

/**
 * After the faults have ended, an overdue task changes soon after its next repair moment: the sweep that takes this moment comes
 * within its interval, and its message is not lost. So a lost wake-up is repaired within two sweeps. A blocked task waits for
 * its gate.
 */
export const repairsSoon: Checker = (history) =>
  [...tasksOf(history)].flatMap(([task, commits]) =>
    commits.flatMap(({ at, after }, index) => {
      const due = after.blocked ? undefined : overdueAt(after)
      const next = commits[index + 1]
      // A task that never changes again breaks the law of liveness.
      if (due === undefined || !next) return []
      const by = nextMoment(due, Math.max(at, history.healedAt)) + LIMITS.sweepEveryMs + SLACK_MS
      return next.at > by ? [{ task, at: by, message: `the task was due at ${iso(due)} and changed at ${iso(next.at)}` }] : []
    }),
  )

/** The first repair moment after an instant: 2, 4, 8, 16 and 32 minutes after the due time, and then every 32 minutes. */
const nextMoment = (due: Instant, after: Instant): Instant => {
  const steadyMs = 16 * LIMITS.sweepGraceMs
  for (let ms = LIMITS.sweepGraceMs; ms < steadyMs; ms *= 2) if (due + ms > after) return due + ms
  return due + Math.max(1, Math.floor((after - due) / steadyMs) + 1) * steadyMs
}
