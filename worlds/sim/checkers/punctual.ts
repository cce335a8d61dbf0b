import { type Instant, iso } from '../../../core/instant.ts'
import { type Commit, isClaim, tasksOf } from '../history.ts'
import { FROZEN_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** How late a start may be without faults: the queue's second, the skew of two clocks, and a few calls. */
const LATE_MS = 5_000
/** Until then messages of the faulty phase have arrived, and frozen processes have run out of time. */
const SETTLED_MS = FROZEN_MS + 60_000

/**
 * Without faults the sweep is not needed: a task that is scheduled after the faults have ended starts at its time, and its
 * worker is not lost.
 */
export const startsOnTime: Checker = (history) =>
  [...tasksOf(history)].flatMap(([task, commits]) =>
    commits.flatMap((commit, index) => {
      if (commit.at < history.healedAt + SETTLED_MS) return []
      const next = commits[index + 1]
      const message = late(commit, next?.at ?? history.endedAt) ?? (next && isClaim(commit) && lost(next))
      return message ? [{ task, at: commit.at, message: `after the faults had ended, ${message}` }] : []
    }),
  )

const late = ({ at, after }: Commit, movedAt: Instant): string | undefined => {
  if (after.state !== 'scheduled' || after.dueAt === undefined) return undefined
  const due = Math.max(at, after.dueAt)
  return movedAt > due + LATE_MS ? `the task changed ${movedAt - due} ms after ${iso(due)}` : undefined
}

const lost = (next: Commit): string | undefined =>
  isClaim(next) ? `the worker of attempt ${next.before?.attempt} was lost` : undefined
