import { iso } from '../../../core/instant.ts'
import { tasksOf } from '../history.ts'
import type { Checker } from './checker.ts'

/** How late a start may be in a healthy system: the queue's second, the clocks' difference, and a few calls. */
const LATE_MS = 5_000
/** What was on its way when the faults ended has arrived by then. */
const SETTLED_MS = 60_000

/** A healthy system needs no safety net: what is scheduled after the faults have ended starts at its time. */
export const startsOnTime: Checker = (history) =>
  [...tasksOf(history)].flatMap(([task, commits]) =>
    commits.flatMap(({ at, after }, index) => {
      if (after.state !== 'scheduled' || after.dueAt === undefined || at < history.healedAt + SETTLED_MS) return []
      const next = commits[index + 1]
      const due = Math.max(at, after.dueAt)
      const moved = next?.at ?? history.endedAt
      if (moved <= due + LATE_MS) return []
      return [{ task, at: due, message: `nothing was wrong any more, and yet it moved ${moved - due} ms after ${iso(due)}` }]
    }),
  )
