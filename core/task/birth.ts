import type { Key } from '../row/key.ts'
import type { CreateTask, QuarantineMessage } from './command.ts'
import type { TaskRow } from './row.ts'

/** The first row of a task: scheduled, pending when it is not ready, or failed when it is an unreadable message. */
export const birth = (key: Key, command: CreateTask | QuarantineMessage): TaskRow =>
  command.name === 'create' ? created(key, command) : quarantined(key, command)

const first = (key: Key, { at, by, environmentId }: CreateTask | QuarantineMessage) => ({
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
  const { at, by, policy, input, tags, onFailure, failureOf, requestDigest, expiresAt } = command
  // A past time means now: the promise is "not before", and it is kept. It also keeps the row in the part of the
  // agenda that the sweep has still before it.
  const notBefore = Math.max(command.notBefore, at)
  const state = command.ready ? ('scheduled' as const) : ('pending' as const)
  const dueAt = command.ready ? notBefore : expiresAt
  return {
    ...first(key, command),
    ...policy,
    state,
    notBefore,
    input,
    history: [{ at, state, by, ...(command.reason ? { reason: command.reason } : {}) }],
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(tags?.length ? { tags } : {}),
    ...(onFailure ? { onFailure } : {}),
    ...(failureOf ? { failureOf } : {}),
    ...(requestDigest ? { requestDigest } : {}),
  }
}

const quarantined = (key: Key, command: QuarantineMessage): TaskRow => ({
  ...first(key, command),
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
  history: [{ at: command.at, state: 'failed', by: command.by, reason: command.error.code }],
})

/** The type of rows that hold messages which nobody could read. */
export const QUARANTINE_TYPE = 'carillon.quarantine'
