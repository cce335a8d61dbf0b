import { defined } from '../defined.ts'
import { excerpt } from '../excerpt.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import { changeFor } from './changes.ts'
import type { CreateTask, ExistingTaskCommand, QuarantineMessage, TaskCommand } from './command.ts'
import { gateFieldsToDrop } from './gating.ts'
import { type HistoryEntry, isOpen, QUARANTINE_TYPE, type TaskChange, type TaskRow, targets } from './row.ts'

/**
 * Decides a command: takes a row and a command, and returns the next row or a refusal. Pure; the time is in the command.
 * Every change of state is in `transitions`, and the next row has the version of its commit.
 */
export const decideTask = (key: Key, row: TaskRow | undefined, command: TaskCommand): TaskRow | Refusal => {
  if (command.name === 'create' || command.name === 'quarantine') {
    return row
      ? refuse('exists', `task ${row.id} exists already in state ${row.state}`, { state: row.state })
      : newTask(key, command)
  }
  if (!row) return refuse('unknown', `task ${key.id} does not exist`)
  const fenced = fence(row, command)
  if (fenced) return fenced
  if (targets(row.state, command.name).length === 0) return refuseInState(row, command)
  if (row.cancelRequested && !AFTER_CANCEL_REQUEST.has(command.name)) return refuseAfterCancelRequest(row, command)
  const next = changeFor(row, command)
  return isRefusal(next) ? next : commit(row, command, next)
}

/**
 * The commands that a running task takes after a cancel request: those that end it, so a cancelled task never runs again. The
 * sweep may watch it, because its worker may be lost.
 */
const AFTER_CANCEL_REQUEST: ReadonlySet<TaskCommand['name']> = new Set(['succeed', 'conflict', 'fail', 'cancel', 'watch'])

const refuseAfterCancelRequest = (row: TaskRow, command: TaskCommand): Refusal =>
  refuse('notAllowed', `task ${row.id} has a cancel request, so it can only end; ${command.name} is not allowed`, {
    state: row.state,
  })

const refuseInState = (row: TaskRow, command: TaskCommand): Refusal => {
  const message = `task ${row.id} is ${row.state}; ${command.name} is not allowed in this state`
  if (row.state === 'cancelled') return refuse('cancelled', message, { state: row.state })
  return refuse(isOpen(row.state) ? 'notAllowed' : 'finished', message, { state: row.state })
}

/** Refuses a worker's command whose claim is not the row's current claim. */
const fence = (row: TaskRow, command: TaskCommand): Refusal | undefined => {
  const claim = 'claim' in command ? command.claim : undefined
  if (!claim || (row.state === 'running' && claim.epoch === row.epoch && claim.attempt === row.attempt)) return undefined
  return refuse(
    'fenced',
    `attempt ${claim.attempt} of task ${row.id} has lost its claim; the current attempt is ${row.attempt}`,
    {
      state: row.state,
    },
  )
}

const commit = (row: TaskRow, command: ExistingTaskCommand, { wakes, drop = [], ...changes }: TaskChange): TaskRow => {
  const version = row.version + 1
  const next = {
    ...row,
    ...changes,
    version,
    epoch: wakes ? version : row.epoch,
    updatedAt: command.at,
    history: appendHistory(row, command, changes),
    ...('operation' in command && command.operation ? { operation: command.operation } : {}),
  }
  for (const field of [...drop, ...gateFieldsToDrop(command.name, changes.state, row.state)])
    delete (next as Partial<Record<keyof TaskRow, unknown>>)[field]
  return next
}

const appendHistory = (row: TaskRow, command: ExistingTaskCommand, changes: TaskChange): readonly HistoryEntry[] => {
  const entry = {
    ...entryOf(command, changes.state),
    ...(command.name === 'fail' ? defined({ final: command.final }) : {}),
    ...(command.name === 'redrive' ? { attemptsMade: row.attempt } : {}),
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
    // Code and message together are bounded, because the API shows them in one text.
    ...(reason ? { reason: excerpt(reason, LIMITS.reasonCount - (code === undefined ? 0 : `${code}: `.length)) } : {}),
  }
}

/** The first row of a task: scheduled, pending when it is not ready, or failed when it is an unreadable message. */
export const newTask = (key: Key, command: CreateTask | QuarantineMessage): TaskRow =>
  command.name === 'create' ? createdRow(key, command) : quarantinedRow(key, command)

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

const createdRow = (key: Key, command: CreateTask): TaskRow => {
  const { at, policy, input, tags, onFailure, failureOf, series, requestDigest, expiresAt } = command
  // A past time means now, because `notBefore` is only a lower bound. The sweep also depends on this: it has already passed
  // earlier times on the agenda.
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
    ...defined({ onFailure, series }),
    ...(failureOf ? { failureOf } : {}),
    ...(requestDigest ? { requestDigest } : {}),
  }
}

const quarantinedRow = (key: Key, command: QuarantineMessage): TaskRow => ({
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
