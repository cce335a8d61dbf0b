import type { Row } from '../../../core/kinds.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { DEFAULT_RETRY } from '../../../core/retry/policy.ts'
import type { Nudge } from '../../../core/row/nudge.ts'
import type { TaskCommand } from '../../../core/task/command.ts'
import { decideTask } from '../../../core/task/decide.ts'
import type { TaskRow } from '../../../core/task/row.ts'

export const NOW = Date.parse('2026-11-21T20:00:00.250Z')
export const ID = '01k9abcdefghjkmnpqrstvwxyz'
export const KEY = { kind: 'task', tenant: 'contoso', id: ID } as const

export const nudge: Nudge = { kind: 'task', tenant: 'contoso', id: ID, epoch: 1, lane: 'normal', dueAt: NOW }

export const queues = {
  normal: 'https://sqs.example/normal',
  low: 'https://sqs.example/low',
}

/** The row after these commands. The first one creates it. */
export const rowAfter = (...commands: readonly TaskCommand[]): TaskRow => {
  let row: TaskRow | undefined
  for (const command of commands) {
    const next = decideTask(KEY, row, command)
    if (isRefusal(next)) throw new Error(`${command.name}: ${next.message}`)
    row = next
  }
  if (!row) throw new Error('rowAfter needs at least one command')
  return row
}

type Create = Extract<TaskCommand, { name: 'create' }>

/** An ordinary task: 200 bytes of input, default policy, a caller with an e-mail address. */
export const create = (more: Partial<Create> = {}): Create => ({
  name: 'create',
  at: NOW,
  by: 'user:alice@contoso.example',
  policy: { type: 'set-environment-update-date', schema: 1, lane: 'normal', timeoutMs: 50_000, retry: DEFAULT_RETRY },
  input: { inline: { text: 'x'.repeat(200 - '{"text":""}'.length) } },
  ready: true,
  environmentId: 'production',
  notBefore: NOW,
  ...more,
})

export const claim: TaskCommand = { name: 'claim', at: NOW + 5, by: `worker:${ID}`, epoch: 1, owner: ID, leaseMs: 70_000 }
export const succeed: TaskCommand = {
  name: 'succeed',
  at: NOW + 25,
  by: `worker:${ID}`,
  claim: { epoch: 1, attempt: 1 },
  output: { inline: 'done' },
  retentionMs: 2_592_000_000,
}
export const fail: TaskCommand = {
  name: 'fail',
  at: NOW + 25,
  by: `worker:${ID}`,
  claim: { epoch: 1, attempt: 1 },
  error: { code: 'Busy', message: 'the sandbox is still being copied', retriable: true },
  retentionMs: 2_592_000_000,
}

export const tenant: Row = {
  kind: 'tenant',
  tenant: 'contoso',
  id: 'contoso',
  version: 1,
  createdAt: NOW,
  swept: { at: NOW, id: '' },
}
