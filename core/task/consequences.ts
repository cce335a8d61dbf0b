import { auditEffect, isPerson } from '../audit.ts'
import { defined } from '../defined.ts'
import type { Effect, Submit } from '../row/effect.ts'
import { nudgeOf, timerName } from '../row/nudge.ts'
import { isFar } from '../wakeup.ts'
import type { CreateTask } from './command.ts'
import { eventOf, removalOf } from './event.ts'
import { gateEffects } from './gating.ts'
import { documentsOf, failureTaskId, type HistoryEntry, isOpen, type TaskPolicy, type TaskRow } from './row.ts'

/** What follows from a committed change. Pure, and the same however often it is asked. */
export const taskConsequences = (before: TaskRow | undefined, after: TaskRow | undefined): readonly Effect[] => {
  if (!after) return before ? forgotten(before) : []
  return [
    ...disarms(before, after),
    ...gateEffects(before, after),
    ...(before?.epoch === after.epoch ? [] : taskWakeups(after)),
    ...submits(before, after),
    ...publishes(before, after),
    ...replaces(before, after),
    ...auditTask(before, after),
  ]
}

/** The wake-up that an open row needs. Also what the sweep sends again when a wake-up seems to have been lost. */
export const taskWakeups = (row: TaskRow): readonly Effect[] => {
  const dueAt = row.state === 'running' ? row.lease?.until : isOpen(row.state) ? row.dueAt : undefined
  if (dueAt === undefined) return []
  const nudge = nudgeOf(row, dueAt)
  return [isFar(row.updatedAt, dueAt) ? { kind: 'arm', name: timerName(row), nudge } : { kind: 'send', nudge }]
}

/** A timer has to go when its wake-up did, unless it was what woke the row: then it is spent and has deleted itself. */
const disarms = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  if (!before || before.dueAt === undefined || before.state === 'running') return []
  const gone = before.epoch !== after.epoch || !isOpen(after.state)
  return gone && isFar(before.updatedAt, before.dueAt) ? [{ kind: 'disarm', name: timerName(before) }] : []
}

const submits = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] =>
  after.state === 'failed' && before?.state !== 'failed' && after.onFailure ? [submitFailureTask(after, after.onFailure)] : []

/** The failure task is created once, because its id follows from the failure. */
const submitFailureTask = (failed: TaskRow, policy: TaskPolicy): Submit => {
  const { tenant, id, error, environmentId, tags } = failed
  const command: Omit<CreateTask, 'at' | 'input'> = {
    name: 'create',
    by: 'system:relay',
    reason: `task ${id} failed: ${error?.code ?? 'unknown'}`,
    policy,
    ready: true,
    notBefore: 0,
    failureOf: id,
    ...(environmentId ? { environmentId } : {}),
    ...defined({ tags }),
  }
  return { kind: 'submit', key: { kind: 'task', tenant, id: failureTaskId(failed) }, command, creates: true, failure: failed }
}

const publishes = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  const event = eventOf(before, after)
  if (!event || !after.events || after.events === 'none') return []
  return after.events === 'all' || !isOpen(after.state) ? [{ kind: 'publish', event }] : []
}

/** A replaced input has a name that no other input will have, so it cannot be wanted again. */
const replaces = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] =>
  before && 'document' in before.input && !documentsOf(after).includes(before.input.document)
    ? [{ kind: 'discard', row: before, documents: [before.input.document] }]
    : []

const forgotten = (row: TaskRow): readonly Effect[] => {
  const documents = documentsOf(row)
  return [
    ...(documents.length > 0 ? [{ kind: 'discard', row, documents } as const] : []),
    // Whoever wants to hear of ends has heard of this one.
    ...(row.events === 'all' ? [{ kind: 'publish', event: removalOf(row) } as const] : []),
  ]
}

/** The commands that are audited. */
const AUDITED: ReadonlySet<string> = new Set(['ready', 'hold', 'reschedule', 'cancel', 'redrive', 'resume'])

/**
 * A command by a person is audited. A creation and an amendment are not: the row itself names the caller, and so a plain
 * task costs no audit entry.
 */
export const auditTask = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  const last = after.history.at(-1)
  if (!before || !last || !isPerson(last.by) || !AUDITED.has(last.command)) return []
  return [auditEffect(after.tenant, after.version, auditEntryOf(before, after, last))]
}

const auditEntryOf = (before: TaskRow, after: TaskRow, { at, by, command, reason }: HistoryEntry) => ({
  at,
  by,
  what: command,
  task: after.id,
  ...(reason ? { reason } : {}),
  from: before.state,
  to: after.state,
  ...(before.notBefore === after.notBefore ? {} : { notBefore: after.notBefore }),
})
