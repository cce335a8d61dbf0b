import { expect, test } from 'vitest'
import { taskOf, taskView } from '../../../api/schemas/task.ts'
import { iso } from '../../../core/instant.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { decideTask } from '../../../core/task/decide.ts'
import type { TaskRow } from '../../../core/task/row.ts'

const row: TaskRow = {
  kind: 'task',
  tenant: 'acme',
  id: 'a1',
  type: 'greet',
  schema: 1,
  lane: 'normal',
  timeoutMs: 90_000,
  retry: { policy: 'fixed', waitMs: 60_000, attempts: 4 },
  state: 'scheduled',
  version: 1,
  epoch: 1,
  createdAt: 0,
  createdBy: 'user:a',
  updatedAt: 0,
  notBefore: 1,
  dueAt: 1,
  attempt: 0,
  losses: 0,
  snoozes: 0,
  input: { inline: null },
  history: [{ at: 0, state: 'scheduled', by: 'user:a', command: 'create' }],
}

test('a plain row shows its fields and omits absent ones', () => {
  expect(taskOf(row)).toEqual({
    id: 'a1',
    tenant: 'acme',
    type: 'greet',
    state: 'scheduled',
    notBefore: iso(1),
    dueAt: iso(1),
    attempt: 0,
    createdAt: iso(0),
    lane: 'normal',
    timeout: '1m30s',
    retry: { policy: 'fixed', wait: '1m', attempts: 4 },
    input: null,
    history: [{ at: iso(0), state: 'scheduled', by: 'user:a', command: 'create' }],
    tags: [],
    version: 1,
  })
})

test('a full row matches its schema and shows no internal fields', () => {
  const full: TaskRow = {
    ...row,
    state: 'failed',
    startedAt: 5,
    finishedAt: 6,
    expiresAt: 9,
    cancelRequested: true,
    lease: { owner: 'w', until: 7 },
    output: { document: 'd', bytes: 500 },
    error: { code: 'E', message: 'm', retriable: false },
    tags: ['t'],
    onFailure: { type: 'notify', schema: 1, lane: 'normal', timeoutMs: 1, retry: { policy: 'none' } },
    failureOf: 'b2',
    requestDigest: 'secret',
    forgetAt: 10,
  }
  const shown = taskOf(full, { output: { big: true } })
  expect(taskView.strict().parse(shown)).toEqual(shown)
  expect(shown).toMatchObject({
    output: { big: true },
    onFailure: 'notify',
    failureTask: 'a1.f1',
    failureOf: 'b2',
    cancelRequested: true,
  })
  expect(Object.keys(taskOf(full))).toContain('outputBytes')
  for (const inside of ['lease', 'epoch', 'requestDigest', 'forgetAt', 'schema']) expect(shown).not.toHaveProperty(inside)
})

test('a redriven task still names the failure task of its last run', () => {
  const key = { kind: 'task', tenant: row.tenant, id: row.id } as const
  const failed: TaskRow = { ...row, state: 'failed', epoch: 7, version: 9, finishedAt: 1, onFailure: { ...row, type: 'notify' } }
  const again = decideTask(key, failed, { name: 'redrive', at: 5, by: 'user:a' })
  if (isRefusal(again)) throw new Error(again.message)
  expect(taskOf(failed)).toMatchObject({ failureTask: 'a1.f7' })
  expect(taskOf(again)).toMatchObject({ earlierFailureTask: 'a1.f7' })
  expect(taskOf(again)).not.toHaveProperty('failureTask')
})
