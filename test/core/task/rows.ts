import { DEFAULT_LANES } from '../../../core/lanes.ts'
import { isRefusal } from '../../../core/refusal.ts'
import type { CreateTask, TaskCommand } from '../../../core/task/command.ts'
import { decideTask } from '../../../core/task/decide.ts'
import { TASK_STATES, type TaskPolicy, type TaskRow, type TaskState, type TaskVerb } from '../../../core/task/row.ts'

/** The time at which every example starts. */
export const NOON = Date.parse('2026-11-21T12:00:00Z')
export const KEY = { kind: 'task', tenant: 'acme', id: 'task1' } as const
export const RETENTION_MS = 86_400_000
export const LEASE_MS = DEFAULT_LANES.normal?.leaseMs ?? 0

export const POLICY: TaskPolicy = {
  type: 'greet',
  schema: 1,
  lane: 'normal',
  timeoutMs: 30_000,
  retry: { policy: 'fixed', waitMs: 60_000, attempts: 3 },
}

export const create = (more: Partial<CreateTask> = {}): CreateTask => ({
  name: 'create',
  at: NOON,
  by: 'user:test',
  policy: POLICY,
  input: { inline: { name: 'Ada' } },
  ready: true,
  notBefore: NOON,
  ...more,
})

/** The next row after a command. Throws on a refusal. */
export const nextRow = (row: TaskRow | undefined, command: TaskCommand): TaskRow => {
  const next = decideTask(KEY, row, command)
  if (isRefusal(next)) throw new Error(`refused ${next.refused}: ${next.message}`)
  return next
}

const claim = (row: TaskRow): TaskRow =>
  nextRow(row, { name: 'claim', at: NOON, by: 'worker:w1', epoch: row.epoch, owner: 'w1', leaseMs: LEASE_MS })

const ERROR = { code: 'Broken', message: 'it broke', retriable: true }

/** A row in each state, reached by commands. */
export const rowIn = (state: TaskState): TaskRow => {
  const scheduled = nextRow(undefined, create({ expiresAt: NOON + 3_600_000 }))
  const running = claim(scheduled)
  const mine = { epoch: running.epoch, attempt: running.attempt }
  const by = { at: NOON, by: 'worker:w1' }
  switch (state) {
    case 'pending':
      return nextRow(undefined, create({ ready: false, expiresAt: NOON + 3_600_000 }))
    case 'scheduled':
      return scheduled
    case 'running':
      return running
    case 'waiting':
      return nextRow(running, { name: 'wait', ...by, claim: mine })
    case 'succeeded':
      return nextRow(running, { name: 'succeed', ...by, claim: mine, retentionMs: RETENTION_MS })
    case 'failed':
      return nextRow(running, { name: 'fail', ...by, claim: mine, error: ERROR, retentionMs: RETENTION_MS })
    case 'conflicted':
      return nextRow(running, { name: 'conflict', ...by, claim: mine, error: ERROR, retentionMs: RETENTION_MS })
    case 'cancelled':
      return nextRow(scheduled, { name: 'cancel', ...by, retentionMs: RETENTION_MS })
    case 'expired':
      return nextRow(scheduled, { name: 'expire', at: NOON + 3_600_000, by: 'system:execute', retentionMs: RETENTION_MS })
    case 'skipped':
      return nextRow(scheduled, { name: 'skip', ...by, retentionMs: RETENTION_MS })
  }
}

/** The row of an unreadable message. */
export const quarantined = (): TaskRow =>
  nextRow(undefined, {
    name: 'quarantine',
    at: NOON,
    by: 'system:execute',
    input: { inline: { body: 'x' } },
    error: { code: 'UnreadableMessage', message: 'a message on lane is not a nudge', retriable: false },
    retentionMs: RETENTION_MS,
  })

export const ROWS: readonly TaskRow[] = TASK_STATES.map(rowIn)

/** The gate at which rows are blocked. */
export const GATE = 'acme/key.one'

/** Late enough that leases, deadlines and due times of the rows above have passed. */
export const LATER = NOON + 7_200_000

/** A time at which the row allows the verb: late, but a claim must be before the deadline. */
const allowedAt = (verb: TaskVerb, { expiresAt }: TaskRow): number =>
  verb === 'claim' && expiresAt !== undefined ? expiresAt - 1 : LATER

/** The command of a verb to this row at `at`, by an actor that may send it. */
export const commandOf = (verb: TaskVerb, row: TaskRow, at = allowedAt(verb, row)): TaskCommand => {
  const by = { at, by: 'user:test' }
  const mine = { ...by, claim: { epoch: row.epoch, attempt: row.attempt } }
  switch (verb) {
    case 'ready':
    case 'hold':
    case 'resume':
    case 'redrive':
      return { name: verb, ...by }
    case 'reschedule':
      return { name: verb, ...by, notBefore: at + 60_000 }
    case 'amend':
      return { name: verb, ...by, amendment: { input: { inline: { name: 'Bo' } }, notBefore: at + 60_000 } }
    case 'cancel':
      return { name: verb, ...by, retentionMs: RETENTION_MS }
    case 'expire':
    case 'skip':
      return { name: verb, ...by, retentionMs: RETENTION_MS }
    case 'claim':
      return { name: verb, ...by, epoch: row.epoch, owner: 'w2', leaseMs: LEASE_MS }
    case 'watch':
      return { name: verb, ...by }
    case 'rearm':
      return { name: verb, ...by, dueAt: at + 60_000 }
    case 'block':
      return { name: verb, ...by, gate: GATE, held: ['acme/key.narrow'] }
    case 'admit':
      return { name: verb, ...by, gate: GATE }
    case 'succeed':
      return { name: verb, ...mine, output: { inline: 'done' }, retentionMs: RETENTION_MS }
    case 'retry':
      return { name: verb, ...mine, error: ERROR, dueAt: at + 60_000 }
    case 'snooze':
      return { name: verb, ...mine, dueAt: at + 60_000 }
    case 'wait':
      return { name: verb, ...mine, dueAt: at + 60_000 }
    case 'conflict':
      return { name: verb, ...mine, error: ERROR, retentionMs: RETENTION_MS }
    case 'fail':
      return { name: verb, ...by, error: ERROR, retentionMs: RETENTION_MS }
  }
}

/** The row in a condition that allows the verb: only a blocked task can be admitted. */
export const readyFor = (verb: TaskVerb, row: TaskRow): TaskRow =>
  verb === 'admit' && row.state === 'scheduled' ? nextRow(row, commandOf('block', row, NOON)) : row

export const VERBS: readonly TaskVerb[] = [
  'ready',
  'hold',
  'resume',
  'redrive',
  'reschedule',
  'amend',
  'cancel',
  'expire',
  'skip',
  'claim',
  'watch',
  'rearm',
  'block',
  'admit',
  'succeed',
  'retry',
  'snooze',
  'wait',
  'conflict',
  'fail',
]
