import { defined } from '../defined.ts'
import { excerpt } from '../excerpt.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import type { TaskChange } from './change.ts'
import { changeFor } from './changes.ts'
import type { CreateTask, ExistingTaskCommand, QuarantineMessage, TaskCommand } from './command.ts'
import { gateFieldsToDrop } from './gating.ts'
import { type HistoryEntry, isOpen, QUARANTINE_TYPE, type TaskRow, targets } from './row.ts'

/**
 * The rule of the house: a row and a command in, the next row or a refusal out. Pure; the time is in the command.
 * It walks no edge that is not in `transitions`, and every answer carries the version that its commit will have.
 */
export const decideTask = (key: Key, row: TaskRow | undefined, command: TaskCommand): TaskRow | Refusal => {
  if (command.name === 'create' || command.name === 'quarantine') {
    return row
      ? refuse('exists', `task ${row.id} exists already, in state ${row.state}`, { state: row.state })
      : newTask(key, command)
  }
  if (!row) return refuse('unknown', `there is no task ${key.id}`)
  const lost = fence(row, command)
  if (lost) return lost
  if (targets(row.state, command.name).length === 0) return notFromHere(row, command)
  const next = changeFor(row, command)
  return isRefusal(next) ? next : commit(row, command, next)
}

const notFromHere = (row: TaskRow, command: TaskCommand): Refusal => {
  const message = `task ${row.id} is ${row.state}; ${command.name} is not possible there`
  if (row.state === 'cancelled') return refuse('cancelled', message, { state: row.state })
  return refuse(isOpen(row.state) ? 'notAllowed' : 'finished', message, { state: row.state })
}

/** A worker may speak only for the claim that the row is under. */
const fence = (row: TaskRow, command: TaskCommand): Refusal | undefined => {
  const claim = 'claim' in command ? command.claim : undefined
  if (!claim || (row.state === 'running' && claim.epoch === row.epoch && claim.attempt === row.attempt)) return undefined
  return refuse('fenced', `attempt ${claim.attempt} of task ${row.id} has lost its claim; attempt ${row.attempt} holds it now`, {
    state: row.state,
  })
}

const commit = (row: TaskRow, command: ExistingTaskCommand, { wakes, drop = [], ...changes }: TaskChange): TaskRow => {
  const version = row.version + 1
  const next = {
    ...row,
    ...changes,
    version,
    epoch: wakes ? version : row.epoch,
    updatedAt: command.at,
    history: remember(row, command, changes),
    ...('operation' in command && command.operation ? { operation: command.operation } : {}),
  }
  for (const field of [...drop, ...gateFieldsToDrop(command.name, changes.state, row.state)])
    delete (next as Partial<Record<keyof TaskRow, unknown>>)[field]
  return next
}

const remember = (row: TaskRow, command: ExistingTaskCommand, changes: TaskChange): readonly HistoryEntry[] => {
  const entry = {
    ...entryOf(command, changes.state),
    ...(command.name === 'fail' ? defined({ final: command.final }) : {}),
    ...(command.name === 'redrive' ? { made: row.attempt } : {}),
  }
  return [...row.history, entry].slice(-LIMITS.historyCount)
}

const entryOf = (command: TaskCommand, state: TaskRow['state']): HistoryEntry => {
  const { at, by, name } = command
  const error = 'error' in command ? command.error : undefined
  const code = error?.code ?? ('code' in command ? command.code : undefined)
  const reason = error?.message ?? command.reason ?? (name === 'cancel' && state === 'running' ? 'cancel requested' : undefined)
  return {
    at,
    state,
    by,
    command: name,
    ...defined({ code }),
    ...(reason ? { reason: excerpt(reason, LIMITS.reasonCount) } : {}),
  }
}

/** The first row of a task: scheduled, pending when it is not ready, or failed when it is an unreadable message. */
export const newTask = (key: Key, command: CreateTask | QuarantineMessage): TaskRow =>
  command.name === 'create' ? created(key, command) : quarantined(key, command)

const firstRow = (key: Key, { at, by, environmentId }: CreateTask | QuarantineMessage) => ({
  kind: 'task' as const,
  tenant: key.tenant,
  id: key.id,
  version: 1,
  epoch: 1,
  createdAt: at,
  createdBy: by,
  ...(environmentId ? { environmentId } : {}),
  updatedAt: at,
  attempt: 0,
  losses: 0,
  snoozes: 0,
})

const created = (key: Key, command: CreateTask): TaskRow => {
  const { at, policy, input, tags, onFailure, failureOf, requestDigest, expiresAt } = command
  // A past time means now: the promise is "not before", and it is kept. It also keeps the row in the part of the
  // agenda that the sweep has still before it.
  const notBefore = Math.max(command.notBefore, at)
  const state = command.ready ? ('scheduled' as const) : ('pending' as const)
  const dueAt = command.ready ? notBefore : expiresAt
  return {
    ...firstRow(key, command),
    ...policy,
    state,
    notBefore,
    input,
    history: [entryOf(command, state)],
    ...defined({ dueAt, expiresAt }),
    ...(tags?.length ? { tags } : {}),
    ...defined({ onFailure }),
    ...(failureOf ? { failureOf } : {}),
    ...(requestDigest ? { requestDigest } : {}),
  }
}

const quarantined = (key: Key, command: QuarantineMessage): TaskRow => ({
  ...firstRow(key, command),
  type: QUARANTINE_TYPE,
  schema: 1,
  lane: 'normal',
  timeoutMs: 1_000,
  retry: { policy: 'none' },
  state: 'failed',
  notBefore: command.at,
  finishedAt: command.at,
  forgetAt: command.at + command.retentionMs,
  input: command.input,
  error: command.error,
  history: [entryOf(command, 'failed')],
})
