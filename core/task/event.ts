import { iso } from '../instant.ts'
import { dimensionsOf } from './dimensions.ts'
import { shownError } from './error.ts'
import type { TaskEventName } from './event-names.ts'
import type { TaskRow } from './row.ts'

/** A lifecycle event in the shape of CloudEvents 1.0. `id` is the same however often it is published; `sequence` orders the events of one task. */
export type TaskEvent = {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly sequence: string
  readonly datacontenttype: 'application/json'
  readonly data: Readonly<Record<string, unknown>>
}

/** What a change amounts to; undefined for one that nobody needs to hear of (a second request to cancel). */
export const happened = (before: TaskRow | undefined, after: TaskRow): TaskEventName | undefined => {
  if (!before) return born(after)
  switch (after.state) {
    case 'scheduled':
      return scheduledAnew(before, after)
    case 'pending':
      return before.state === 'pending' ? 'amended' : 'held'
    case 'running':
      if (before.attempt !== after.attempt) return 'started'
      return after.cancelRequested && !before.cancelRequested ? 'cancel-requested' : undefined
    default:
      return after.state
  }
}

const born = (row: TaskRow): TaskEventName => {
  if (row.state === 'failed') return 'quarantined'
  return row.failureOf ? 'failure-task-created' : 'created'
}

const scheduledAnew = (before: TaskRow, after: TaskRow): TaskEventName => {
  if (before.state === 'pending') return 'ready'
  if (before.state === 'scheduled' && isAmended(before, after)) return 'amended'
  if (after.blocked) return 'blocked'
  if (before.blocked && after.gates) return 'admitted'
  if (before.state === 'scheduled') return (after.burials ?? 0) > (before.burials ?? 0) ? 'rearmed' : 'rescheduled'
  if (before.state === 'waiting') return 'resumed'
  if (before.state === 'running')
    return after.losses > before.losses ? 'rearmed' : after.snoozes > before.snoozes ? 'snoozed' : 'retried'
  return 'redriven'
}

/** Nothing else leaves a scheduled task its wake-up, or its place in a gate's line. One that is amended to another time is rescheduled. */
const isAmended = (before: TaskRow, after: TaskRow): boolean =>
  before.epoch === after.epoch || (after.blocked !== undefined && before.blocked === after.blocked)

/** The event of a change, if it is one. */
export const eventOf = (before: TaskRow | undefined, after: TaskRow): TaskEvent | undefined => {
  const name = happened(before, after)
  return name && tell(name, before, after)
}

/**
 * The event that a row has been forgotten. It comes when the store gets to it, minutes to days after the time that it
 * names, which is when the row was past its retention: only that is the same however often this is told.
 */
export const removalOf = (row: TaskRow): TaskEvent =>
  tell('removed', row, { ...row, version: row.version + 1, updatedAt: row.forgetAt ?? row.updatedAt })

const tell = (name: TaskEventName, before: TaskRow | undefined, after: TaskRow): TaskEvent => ({
  specversion: '1.0',
  id: `${after.id}-${after.version}`,
  source: `/carillon/tenants/${after.tenant}`,
  type: `carillon.task.${name}`,
  subject: after.id,
  time: iso(after.updatedAt),
  // CloudEvents' sequence extension compares texts, so the number is padded to a fixed width.
  sequence: String(after.version).padStart(10, '0'),
  datacontenttype: 'application/json',
  data: {
    tenant: after.tenant,
    id: after.id,
    taskType: after.type,
    state: after.state,
    version: after.version,
    attempt: after.attempt,
    ...dimensionsOf(name, before, after),
    ...(after.error ? { error: shownError(after.error) } : {}),
    ...(after.failureOf ? { failureOf: after.failureOf } : {}),
    ...(after.tags ? { tags: after.tags } : {}),
  },
})
