import { auditNote, isPerson } from '../audit.ts'
import type { Effect } from '../row/effect.ts'
import { type HistoryEntry, type TaskRow, targets } from './row.ts'

/** What callers say to a task that exists. */
const VERBS = ['ready', 'hold', 'reschedule', 'cancel', 'redrive', 'resume'] as const

/**
 * What a person has said to a task goes into the audit. A creation does not, nor what amends one: the row itself says who
 * made it, and so a plain task pays nothing.
 */
export const noted = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  const said = after.history.at(-1)
  if (!before || !said || !isPerson(said.by) || said.verb) return []
  const what = VERBS.find((verb) => targets(before.state, verb).includes(after.state))
  return what ? [auditNote(after.tenant, after.version, entryOf(before, after, said, what))] : []
}

const entryOf = (before: TaskRow, after: TaskRow, { at, by, reason }: HistoryEntry, what: string) => ({
  at,
  by,
  what,
  task: after.id,
  ...(reason ? { reason } : {}),
  from: before.state,
  to: after.state,
  ...(before.notBefore === after.notBefore ? {} : { notBefore: after.notBefore }),
})
