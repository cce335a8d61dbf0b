import { describe, expect, test } from 'vitest'
import { isRefusal } from '../../../core/refusal.ts'
import type { TaskCommand } from '../../../core/task/command.ts'
import { decideTask } from '../../../core/task/decide.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { commandOf, create, GATE, KEY, LATER, LEASE_MS, NOON, nextRow, POLICY, RETENTION_MS, rowIn } from './rows.ts'

/** The epoch of a wake-up that the command arms: the version of its commit. */
const NEW = 'new'

/** The fields that a command sets to another value, and those that it removes; without those that every commit changes. */
const changes = (row: TaskRow, command: TaskCommand) => {
  const next = nextRow(row, command)
  expect(next).toMatchObject({ version: row.version + 1, updatedAt: command.at })
  expect(next.history.slice(0, -1)).toEqual(row.history)
  const { version: _, updatedAt: __, history, ...fields } = next
  const old = row as Readonly<Record<string, unknown>>
  const set = Object.entries(fields).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name]))
  return {
    set: Object.fromEntries(set.map(([name, value]) => [name, name === 'epoch' && value === next.version ? NEW : value])),
    gone: Object.keys(row)
      .filter((name) => !(name in next))
      .sort(),
    entry: history.at(-1),
  }
}

const by = { at: LATER, by: 'user:alice' }
const worker = { at: NOON + 5, by: 'worker:w1' }
const error = { code: 'Broken', message: 'it broke', retriable: true }
const HOUR = 3_600_000

const scheduled = nextRow(undefined, create())
const expiring = rowIn('scheduled')
const running = nextRow(scheduled, commandOf('claim', scheduled, NOON))
const claim = { epoch: running.epoch, attempt: running.attempt }
const blocked = nextRow(scheduled, commandOf('block', scheduled, NOON))
const watched = nextRow(scheduled, commandOf('watch', scheduled, NOON))
const redelivered = nextRow(watched, commandOf('rearm', watched, NOON))
const ending = { finishedAt: NOON + 5, forgetAt: NOON + 5 + RETENTION_MS }
const waiting = nextRow(running, { name: 'wait', ...worker, claim })
const moved = { epoch: NEW, dueAt: LATER }

type Case = readonly [name: string, row: TaskRow, command: TaskCommand, set: object, gone?: readonly string[]]

describe('a command changes these fields of a task, and no other', () => {
  const cases: readonly Case[] = [
    [
      'ready: it is due now, in this environment, and its deadline stays',
      rowIn('pending'),
      { name: 'ready', ...by, environmentId: 'blue' },
      { state: 'scheduled', ...moved, notBefore: LATER, environmentId: 'blue' },
    ],
    [
      'ready for a time: its deadline moves with it',
      rowIn('pending'),
      { name: 'ready', ...by, notBefore: LATER + HOUR },
      { state: 'scheduled', epoch: NEW, dueAt: LATER + HOUR, notBefore: LATER + HOUR, expiresAt: LATER + 2 * HOUR },
    ],
    [
      'reschedule: it forgets redeliveries and the watch, which were for the old time',
      redelivered,
      { name: 'reschedule', ...by, notBefore: LATER + 1 },
      { epoch: NEW, notBefore: LATER + 1, dueAt: LATER + 1 },
      ['redeliveries', 'watched'],
    ],
    [
      'hold: it has no wake-up',
      redelivered,
      { name: 'hold', ...by },
      { state: 'pending', epoch: NEW },
      ['dueAt', 'redeliveries', 'watched'],
    ],
    [
      'hold of an expiring task: its deadline wakes it',
      expiring,
      { name: 'hold', ...by },
      { state: 'pending', epoch: NEW, dueAt: NOON + HOUR },
    ],
    [
      'hold of a task whose worker is lost',
      running,
      { name: 'hold', ...by },
      { state: 'pending', epoch: NEW, losses: 1 },
      ['dueAt', 'lease'],
    ],
    [
      'claim: its deadline and its redeliveries no longer apply',
      { ...redelivered, expiresAt: LATER + 1, queuedAt: NOON },
      { name: 'claim', ...by, epoch: redelivered.epoch, owner: 'w2', leaseMs: LEASE_MS },
      { state: 'running', attempt: 1, startedAt: LATER, lease: { owner: 'w2', until: LATER + LEASE_MS } },
      ['expiresAt', 'queuedAt', 'redeliveries'],
    ],
    [
      'claim with places in gates',
      scheduled,
      { name: 'claim', ...by, epoch: 1, owner: 'w2', leaseMs: LEASE_MS, gates: [GATE] },
      { state: 'running', attempt: 1, startedAt: LATER, lease: { owner: 'w2', until: LATER + LEASE_MS }, gates: [GATE] },
    ],
    [
      'claim after a lost worker',
      running,
      { name: 'claim', ...by, epoch: 1, owner: 'w2', leaseMs: LEASE_MS },
      { attempt: 2, losses: 1, startedAt: LATER, lease: { owner: 'w2', until: LATER + LEASE_MS } },
    ],
    [
      'block: nothing wakes it',
      scheduled,
      { name: 'block', ...by, gate: GATE, held: ['acme/key.narrow'] },
      { epoch: NEW, blocked: GATE, queuedAt: LATER, gates: ['acme/key.narrow'] },
      ['dueAt'],
    ],
    [
      'block of an expiring task: its deadline wakes it',
      expiring,
      { name: 'block', ...by, gate: GATE, held: [] },
      { epoch: NEW, blocked: GATE, queuedAt: LATER, gates: [], dueAt: NOON + HOUR },
    ],
    [
      'block of a task whose worker is lost',
      running,
      { name: 'block', ...by, gate: GATE, held: [] },
      { state: 'scheduled', epoch: NEW, blocked: GATE, queuedAt: LATER, gates: [], losses: 1 },
      ['dueAt', 'lease'],
    ],
    [
      'block at a wider gate: it keeps its time on the waitlist',
      nextRow(blocked, { name: 'admit', at: NOON, by: 'system:gate', gate: GATE }),
      { name: 'block', ...by, gate: 'acme/tenant', held: [GATE] },
      { epoch: NEW, blocked: 'acme/tenant', gates: [GATE] },
      ['dueAt'],
    ],
    [
      'admit: it has a place in the gate, and is due',
      blocked,
      { name: 'admit', ...by, gate: GATE },
      { epoch: NEW, dueAt: LATER, gates: ['acme/key.narrow', GATE] },
      ['blocked'],
    ],
    [
      'succeed',
      { ...running, error, watched: true },
      { name: 'succeed', ...worker, claim, output: { inline: 1 }, retentionMs: RETENTION_MS },
      { state: 'succeeded', ...ending, output: { inline: 1 } },
      ['dueAt', 'error', 'lease', 'watched'],
    ],
    [
      'succeed without an output, after a cancel request',
      { ...running, cancelRequested: true },
      { name: 'succeed', ...worker, claim, retentionMs: RETENTION_MS },
      { state: 'succeeded', ...ending },
      ['cancelRequested', 'dueAt', 'lease'],
    ],
    [
      'retry',
      running,
      { name: 'retry', ...worker, claim, error, dueAt: LATER },
      { state: 'scheduled', ...moved, error },
      ['lease'],
    ],
    [
      'snooze',
      running,
      { name: 'snooze', ...worker, claim, dueAt: LATER },
      { state: 'scheduled', ...moved, snoozes: 1 },
      ['lease'],
    ],
    ['wait', running, { name: 'wait', ...worker, claim }, { state: 'waiting', epoch: NEW, snoozes: 1 }, ['dueAt', 'lease']],
    [
      'wait up to a time',
      running,
      { name: 'wait', ...worker, claim, dueAt: LATER },
      { state: 'waiting', ...moved, snoozes: 1 },
      ['lease'],
    ],
    ['resume', waiting, { name: 'resume', ...by }, { state: 'scheduled', epoch: NEW, dueAt: LATER }],
    [
      'rearm of a scheduled task: a delivery has failed',
      redelivered,
      { name: 'rearm', ...by, dueAt: LATER },
      { epoch: NEW, dueAt: LATER, redeliveries: 2 },
    ],
    [
      'rearm of a running task: its worker is lost',
      running,
      { name: 'rearm', ...by, dueAt: LATER },
      { state: 'scheduled', ...moved, losses: 1 },
      ['lease'],
    ],
    [
      'rearm by its worker: the attempt is lost, because it was too long',
      running,
      { name: 'rearm', ...worker, claim, dueAt: NOON + 5 },
      { state: 'scheduled', epoch: NEW, dueAt: NOON + 5, losses: 1 },
      ['lease'],
    ],
    [
      'rearm by its worker, as interrupted',
      { ...running, interruptions: 1 },
      { name: 'rearm', ...worker, claim, dueAt: NOON + 5, code: 'Interrupted' },
      { state: 'scheduled', epoch: NEW, dueAt: NOON + 5, interruptions: 2 },
      ['lease'],
    ],
    ['watch', scheduled, { name: 'watch', ...by }, { watched: true }],
    [
      'conflict',
      running,
      { name: 'conflict', ...worker, claim, error, retentionMs: RETENTION_MS },
      { state: 'conflicted', ...ending, error },
      ['dueAt', 'lease'],
    ],
    [
      'fail',
      running,
      { name: 'fail', ...worker, claim, error, retentionMs: RETENTION_MS },
      { state: 'failed', ...ending, error },
      ['dueAt', 'lease'],
    ],
    ['cancel of a running task', running, { name: 'cancel', ...by, retentionMs: RETENTION_MS }, { cancelRequested: true }],
    [
      'cancel of a blocked task: its places are released',
      blocked,
      { name: 'cancel', ...by, retentionMs: RETENTION_MS, operation: 'op1' },
      { state: 'cancelled', finishedAt: LATER, forgetAt: LATER + RETENTION_MS, operation: 'op1' },
      ['blocked', 'gates', 'queuedAt'],
    ],
    [
      'expire',
      expiring,
      { name: 'expire', ...by, retentionMs: RETENTION_MS },
      { state: 'expired', finishedAt: LATER, forgetAt: LATER + RETENTION_MS },
      ['dueAt'],
    ],
    [
      'skip',
      scheduled,
      { name: 'skip', ...by, retentionMs: RETENTION_MS },
      { state: 'skipped', finishedAt: LATER, forgetAt: LATER + RETENTION_MS },
      ['dueAt'],
    ],
    [
      'redrive of a failed task with a failure task',
      {
        ...rowIn('failed'),
        onFailure: POLICY,
        output: { inline: 1 },
        expiresAt: NOON,
        redeliveries: 1,
        losses: 1,
        snoozes: 2,
        interruptions: 3,
        previousRuns: { attempts: 10, losses: 20, snoozes: 30, interruptions: 40, failureTask: 'task1.f0' },
      },
      { name: 'redrive', ...by },
      {
        state: 'scheduled',
        epoch: NEW,
        dueAt: LATER,
        redrivenAt: LATER,
        attempt: 0,
        losses: 0,
        snoozes: 0,
        previousRuns: { attempts: 11, losses: 21, snoozes: 32, interruptions: 43, failureTask: 'task1.f1' },
      },
      ['error', 'expiresAt', 'finishedAt', 'forgetAt', 'interruptions', 'output', 'redeliveries', 'startedAt'],
    ],
    [
      'redrive of a cancelled task, whose last failure task is kept',
      { ...rowIn('cancelled'), onFailure: POLICY, previousRuns: { attempts: 1, losses: 0, snoozes: 0, failureTask: 'task1.f0' } },
      { name: 'redrive', ...by },
      { state: 'scheduled', epoch: NEW, dueAt: LATER, redrivenAt: LATER },
      ['expiresAt', 'finishedAt', 'forgetAt'],
    ],
    [
      'redrive before its time',
      { ...rowIn('failed'), notBefore: LATER + 5 },
      { name: 'redrive', ...by },
      {
        state: 'scheduled',
        epoch: NEW,
        dueAt: LATER + 5,
        redrivenAt: LATER,
        attempt: 0,
        previousRuns: { attempts: 1, losses: 0, snoozes: 0 },
      },
      ['error', 'finishedAt', 'forgetAt', 'startedAt'],
    ],
    ['amend of nothing', expiring, { name: 'amend', ...by, amendment: {} }, {}],
    [
      'amend of the tags and the gate',
      scheduled,
      { name: 'amend', ...by, amendment: { tags: ['a'], gate: { key: 'k', limit: 1 } } },
      { tags: ['a'], gate: { key: 'k', limit: 1 } },
    ],
    [
      'amend that removes both',
      { ...scheduled, tags: ['a'], gate: { key: 'k', limit: 1 } },
      { name: 'amend', ...by, amendment: { tags: [], gate: 'none' } },
      {},
      ['gate', 'tags'],
    ],
    [
      'amend of the time: it forgets redeliveries and the watch',
      redelivered,
      { name: 'amend', ...by, amendment: { notBefore: LATER + 1 } },
      { epoch: NEW, notBefore: LATER + 1, dueAt: LATER + 1 },
      ['redeliveries', 'watched'],
    ],
    [
      'amend of another field keeps them',
      redelivered,
      { name: 'amend', ...by, amendment: { priority: 'low' } },
      { priority: 'low' },
    ],
    [
      'amend of a blocked task that keeps its gate',
      { ...blocked, gate: { key: 'one', limit: 1 } },
      { name: 'amend', ...by, amendment: { gate: { key: 'one', limit: 2 } } },
      { gate: { key: 'one', limit: 2 } },
    ],
    [
      'amend of a blocked task that loses its gate',
      { ...blocked, gate: { key: 'one', limit: 1 } },
      { name: 'amend', ...by, amendment: { gate: 'none' } },
      { epoch: NEW, dueAt: LATER },
      ['blocked', 'gate', 'gates', 'queuedAt'],
    ],
    [
      'amend of an admitted task that gets a gate',
      nextRow(blocked, { name: 'admit', at: NOON, by: 'system:gate', gate: GATE }),
      { name: 'amend', ...by, amendment: { gate: { key: 'two', limit: 1 } } },
      { epoch: NEW, dueAt: LATER, gate: { key: 'two', limit: 1 } },
      ['gates', 'queuedAt'],
    ],
    [
      'amend of the deadline of a blocked task: it wakes for it',
      blocked,
      { name: 'amend', ...by, amendment: { expiresAfterMs: 3 * HOUR } },
      { epoch: NEW, dueAt: NOON + 3 * HOUR, expiresAt: NOON + 3 * HOUR },
    ],
  ]
  test.each(cases.map(([name, row, command, set, gone = []]) => ({ name, row, command, set, gone })))(
    '$name',
    ({ row, command, set, gone }) => {
      expect(changes(row, command)).toEqual({
        set,
        gone,
        entry: expect.objectContaining({ command: command.name, by: command.by }),
      })
    },
  )
})

describe('the entry of a command in the history', () => {
  const entryAfter = (row: TaskRow, command: TaskCommand) => nextRow(row, command).history.at(-1)

  test.each<readonly [string, TaskRow, TaskCommand, object]>([
    ['has nothing more when nothing is known', scheduled, { name: 'hold', ...by }, { state: 'pending' }],
    ['has the reason', scheduled, { name: 'hold', ...by, reason: 'because' }, { state: 'pending', reason: 'because' }],
    [
      'has the error of the attempt, and why no further one follows',
      running,
      { name: 'fail', ...worker, claim, error, final: 'too late', retentionMs: 1 },
      { state: 'failed', code: 'Broken', reason: 'it broke', final: 'too late' },
    ],
    [
      'has the code of a rearm',
      scheduled,
      { name: 'rearm', ...by, dueAt: LATER, code: 'DeadLettered', reason: 'no memory' },
      { state: 'scheduled', code: 'DeadLettered', reason: 'no memory' },
    ],
    [
      'says that a cancel is only a request',
      running,
      { name: 'cancel', ...by, retentionMs: 1 },
      { state: 'running', reason: 'cancel requested' },
    ],
    ['of a cancel that ends the task', scheduled, { name: 'cancel', ...by, retentionMs: 1 }, { state: 'cancelled' }],
    ['has the attempts before a redrive', rowIn('failed'), { name: 'redrive', ...by }, { state: 'scheduled', attemptsMade: 1 }],
  ])('%s', (_, row, command, more) => {
    expect(entryAfter(row, command)).toEqual({ at: command.at, by: command.by, command: command.name, ...more })
  })

  test('is cut so that code and message fit together', () => {
    const long = { ...error, message: 'x'.repeat(5_000) }
    const entry = entryAfter(running, { name: 'retry', ...worker, claim, error: long, dueAt: LATER })
    const plain = entryAfter(scheduled, { name: 'hold', ...by, reason: 'x'.repeat(5_000) })
    expect(`${entry?.code}: ${entry?.reason}`).toHaveLength(plain?.reason?.length ?? 0)
  })
})

test('the first row of a task has what its creation says, and nothing else', () => {
  expect(scheduled).toEqual({
    ...KEY,
    ...POLICY,
    state: 'scheduled',
    version: 1,
    epoch: 1,
    createdAt: NOON,
    createdBy: 'user:test',
    updatedAt: NOON,
    notBefore: NOON,
    dueAt: NOON,
    attempt: 0,
    losses: 0,
    snoozes: 0,
    input: { inline: { name: 'Ada' } },
    history: [{ at: NOON, by: 'user:test', state: 'scheduled', command: 'create' }],
  })
  const more = {
    expiresAt: NOON + HOUR,
    tags: ['a'],
    onFailure: POLICY,
    failureOf: 'task0',
    requestDigest: 'd',
    environmentId: 'blue',
  }
  expect(nextRow(undefined, create(more))).toEqual({ ...scheduled, ...more })
  expect(nextRow(undefined, create({ tags: [], failureOf: '', requestDigest: '', environmentId: '' }))).toEqual(scheduled)
})

test('the row of an unreadable message has failed', () => {
  const command = { name: 'quarantine', at: NOON, by: 'system:execute', input: { inline: 'x' }, error, retentionMs: 5 } as const
  expect(nextRow(undefined, { ...command, environmentId: 'blue' })).toEqual({
    ...KEY,
    type: 'carillon.quarantine',
    schema: 1,
    lane: 'normal',
    timeoutMs: 1_000,
    retry: { policy: 'none' },
    state: 'failed',
    version: 1,
    epoch: 1,
    createdAt: NOON,
    createdBy: 'system:execute',
    environmentId: 'blue',
    updatedAt: NOON,
    notBefore: NOON,
    finishedAt: NOON,
    forgetAt: NOON + 5,
    attempt: 0,
    losses: 0,
    snoozes: 0,
    input: { inline: 'x' },
    error,
    history: [{ at: NOON, by: 'system:execute', state: 'failed', command: 'quarantine', code: 'Broken', reason: 'it broke' }],
  })
})

describe('a refusal says what is wrong and how the task is', () => {
  const until = '2026-11-21T12:01:10.000Z'
  const refusals: readonly (readonly [string, TaskRow | undefined, TaskCommand, object])[] = [
    ['no task', undefined, { name: 'hold', ...by }, { refused: 'unknown', message: 'task task1 does not exist' }],
    [
      'a second creation',
      running,
      create(),
      { refused: 'exists', message: 'task task1 exists already in state running', state: 'running' },
    ],
    [
      'a command that the state does not allow',
      waiting,
      { name: 'hold', ...by },
      { refused: 'notAllowed', message: 'task task1 is waiting; hold is not allowed in this state', state: 'waiting' },
    ],
    [
      'a command to a task that has ended',
      rowIn('succeeded'),
      { name: 'redrive', ...by },
      { refused: 'finished', message: 'task task1 is succeeded; redrive is not allowed in this state', state: 'succeeded' },
    ],
    [
      'a command to a cancelled task',
      rowIn('cancelled'),
      { name: 'hold', ...by },
      { refused: 'cancelled', message: 'task task1 is cancelled; hold is not allowed in this state', state: 'cancelled' },
    ],
    [
      'a command after a cancel request',
      { ...running, cancelRequested: true },
      { name: 'retry', ...worker, claim, error, dueAt: LATER },
      {
        refused: 'notAllowed',
        message: 'task task1 has a cancel request, so it can only end; retry is not allowed',
        state: 'running',
      },
    ],
    [
      'a result of an older claim',
      running,
      { name: 'succeed', ...worker, claim: { epoch: 1, attempt: 7 }, retentionMs: 1 },
      {
        refused: 'fenced',
        message: 'attempt 7 of task task1 has lost its claim; the current attempt is 1',
        state: 'running',
      },
    ],
    [
      'a result of an older epoch',
      running,
      { name: 'succeed', ...worker, claim: { epoch: 7, attempt: 1 }, retentionMs: 1 },
      {
        refused: 'fenced',
        message: 'attempt 1 of task task1 has lost its claim; the current attempt is 1',
        state: 'running',
      },
    ],
    [
      'an old nudge',
      scheduled,
      { name: 'claim', ...by, epoch: 7, owner: 'w', leaseMs: 1 },
      { refused: 'superseded', message: 'the nudge has epoch 7; the current epoch of task task1 is 1', state: 'scheduled' },
    ],
    [
      'an early claim',
      scheduled,
      { name: 'claim', ...by, at: NOON - 1, epoch: 1, owner: 'w', leaseMs: 1 },
      {
        refused: 'early',
        message: 'task task1 is not due before 2026-11-21T12:00:00.000Z',
        state: 'scheduled',
        retryAt: NOON,
      },
    ],
    [
      'a claim after the deadline',
      expiring,
      { name: 'claim', ...by, epoch: 1, owner: 'w', leaseMs: 1 },
      {
        refused: 'notAllowed',
        message: 'task task1 did not start before its deadline 2026-11-21T13:00:00.000Z and can only expire',
        state: 'scheduled',
      },
    ],
    [
      'a claim of a blocked task',
      blocked,
      { name: 'claim', ...by, epoch: 2, owner: 'w', leaseMs: 1 },
      {
        refused: 'superseded',
        message: 'task task1 is blocked at gate acme/key.one until the gate admits it',
        state: 'scheduled',
      },
    ],
    [
      'a claim of a leased task',
      running,
      { name: 'claim', ...by, at: NOON, epoch: 1, owner: 'w', leaseMs: 1 },
      { refused: 'leased', message: `task task1 is held by a worker until ${until}`, state: 'running', retryAt: NOON + LEASE_MS },
    ],
    ...(['hold', 'block', 'rearm', 'fail'] as const).map(
      (verb) =>
        [
          `${verb} of a leased task`,
          running,
          commandOf(verb, running, NOON),
          {
            refused: 'leased',
            message: `task task1 is held by a worker until ${until}`,
            state: 'running',
            retryAt: NOON + LEASE_MS,
          },
        ] as const,
    ),
    [
      'an admission at another gate',
      blocked,
      { name: 'admit', ...by, gate: 'acme/tenant' },
      { refused: 'notAllowed', message: 'task task1 is not blocked at gate acme/tenant', state: 'scheduled' },
    ],
    [
      'a second watch',
      watched,
      { name: 'watch', ...by },
      { refused: 'unchanged', message: 'task task1 is on the watch already', state: 'scheduled' },
    ],
    [
      'an early expiry',
      expiring,
      { name: 'expire', ...by, at: NOON, retentionMs: 1 },
      { refused: 'early', message: 'task task1 does not expire before 2026-11-21T13:00:00.000Z', state: 'scheduled' },
    ],
    [
      'an expiry without a deadline',
      scheduled,
      { name: 'expire', ...by, retentionMs: 1 },
      { refused: 'early', message: 'task task1 has no deadline', state: 'scheduled' },
    ],
    [
      'an amendment of a task that has started',
      { ...scheduled, attempt: 1 },
      { name: 'amend', ...by, amendment: {} },
      {
        refused: 'notAllowed',
        message: 'task task1 has started; only a task that has never started can be amended',
        state: 'scheduled',
      },
    ],
  ]
  test.each(refusals)('%s', (_, row, command, refusal) => {
    const answer = decideTask(KEY, row, command)
    expect(isRefusal(answer)).toBe(true)
    expect(answer).toEqual(refusal)
  })
})
