import { auditEffect, isPerson } from '../audit.ts'
import { defined } from '../defined.ts'
import type { Effect, Submit } from '../row/effect.ts'
import { nudgeOf, timerName } from '../row/nudge.ts'
import { isFar } from '../wakeup.ts'
import type { CreateTask } from './command.ts'
import { eventOf, removalOf } from './event.ts'
import { gateEffects } from './gating.ts'
import { documentsOf, type FailurePolicy, failureTaskId, type HistoryEntry, isOpen, type TaskRow } from './row.ts'

/** The effects of a committed change. Pure: the same change always has the same effects. */
export const taskConsequences = (before: TaskRow | undefined, after: TaskRow | undefined): readonly Effect[] => {
  if (!after) return before ? removalEffects(before) : []
  return [
    ...disarmEffects(before, after),
    ...gateEffects(before, after),
    ...(before?.epoch === after.epoch ? [] : taskWakeups(after)),
    ...submitEffects(before, after),
    ...seriesEffects(before, after),
    ...publishEffects(before, after),
    ...replacementEffects(before, after),
    ...auditTask(before, after),
  ]
}

/** The wake-up of an open row. The sweep sends the wake-up again when it seems to have been lost. */
export const taskWakeups = (row: TaskRow): readonly Effect[] => {
  const dueAt = row.state === 'running' ? row.lease?.until : isOpen(row.state) ? row.dueAt : undefined
  if (dueAt === undefined) return []
  const nudge = nudgeOf(row, dueAt)
  return [isFar(row.updatedAt, dueAt) ? { kind: 'arm', name: timerName(row), nudge } : { kind: 'send', nudge }]
}

/** Deletes the timer of an obsolete wake-up. A timer that has fired deletes itself, so a claimed row needs no effect. */
const disarmEffects = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  if (!before || before.dueAt === undefined || before.state === 'running') return []
  const isObsolete = before.epoch !== after.epoch || !isOpen(after.state)
  return isObsolete && isFar(before.updatedAt, before.dueAt) ? [{ kind: 'disarm', name: timerName(before) }] : []
}

const submitEffects = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] =>
  after.state === 'failed' && before?.state !== 'failed' && after.onFailure ? [submitFailureTask(after, after.onFailure)] : []

/** The failure task is created once, because its id is derived from the failure. */
const submitFailureTask = (failed: TaskRow, { input: _, failureField: __, ...policy }: FailurePolicy): Submit => {
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

/** The end of the task of an occurrence is told to its series. */
const seriesEffects = (before: TaskRow | undefined, after: TaskRow): readonly Submit[] => {
  const { tenant, id, series, state, finishedAt, updatedAt } = after
  if (!series || !before || !isOpen(before.state) || isOpen(state)) return []
  const command = { name: 'end', by: 'system:relay', task: id, state, endedAt: finishedAt ?? updatedAt }
  return [{ kind: 'submit', key: { kind: 'series', tenant, id: series.id }, command }]
}

const publishEffects = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  const event = eventOf(before, after)
  if (!event || !after.events || after.events === 'none') return []
  return after.events === 'all' || !isOpen(after.state) ? [{ kind: 'publish', event }] : []
}

/** Discards the document of a replaced input. No other input uses the same document name, so the document is not needed again. */
const replacementEffects = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] =>
  before && 'document' in before.input && !documentsOf(after).includes(before.input.document)
    ? [{ kind: 'discard', row: before, documents: [before.input.document] }]
    : []

const removalEffects = (row: TaskRow): readonly Effect[] => {
  const documents = documentsOf(row)
  return [
    ...(documents.length > 0 ? [{ kind: 'discard', row, documents } as const] : []),
    // At level `terminal`, the end of the task was the last event.
    ...(row.events === 'all' ? [{ kind: 'publish', event: removalOf(row) } as const] : []),
  ]
}

/** The commands that are audited. */
const AUDITED: ReadonlySet<string> = new Set(['ready', 'hold', 'reschedule', 'cancel', 'redrive', 'resume'])

/**
 * A command by a person is audited. A creation and an amendment are not, because the row itself names the caller. So a
 * plain task costs no audit entry.
 */
export const auditTask = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  const last = after.history.at(-1)
  if (!before || !last || !isPerson(last.by) || !AUDITED.has(last.command)) return []
  return [auditEffect(after.tenant, after.version, auditEntryOf(before, after, last))]
}

const auditEntryOf = (before: TaskRow, after: TaskRow, { at, by, command, reason }: HistoryEntry) => ({
  at,
  by,
  command,
  task: after.id,
  ...(reason ? { reason } : {}),
  from: before.state,
  to: after.state,
  ...(before.notBefore === after.notBefore ? {} : { notBefore: after.notBefore }),
})
