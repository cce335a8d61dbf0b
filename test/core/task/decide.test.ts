import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { decideTask } from '../../../core/task/decide.ts'
import { countedAttempts, isOpen, TASK_STATES, type TaskVerb, targets, transitions } from '../../../core/task/row.ts'
import { commandOf, create, KEY, LATER, LEASE_MS, NOON, nextRow, RETENTION_MS, ROWS, readyFor, rowIn, VERBS } from './rows.ts'

describe('every state and every command', () => {
  for (const plain of ROWS) {
    for (const verb of VERBS) {
      const row = readyFor(verb, plain)
      const allowed = targets(row.state, verb)
      test(`${row.state} + ${verb} → ${allowed.join(' or ') || 'refused'}`, () => {
        const next = decideTask(KEY, row, commandOf(verb, row))
        if (allowed.length === 0) {
          const byState = row.state === 'cancelled' ? 'cancelled' : isOpen(row.state) ? 'notAllowed' : 'finished'
          // A worker's command to a row that is not running is fenced in every state.
          expect(isRefusal(next) && next.refused).toBe('claim' in commandOf(verb, row) ? 'fenced' : byState)
          expect(isRefusal(next) && next.state).toBe(row.state)
        } else {
          if (isRefusal(next)) throw new Error(next.message)
          expect(allowed).toContain(next.state)
          expect(next.version).toBe(row.version + 1)
        }
      })
    }
  }

  test('the tests above cover all verbs', () => {
    expect([...new Set(TASK_STATES.flatMap((state) => Object.keys(transitions[state])))].sort()).toEqual([...VERBS].sort())
  })

  test('every command except a creation is refused as unknown when the task does not exist', () => {
    for (const verb of VERBS)
      expect(decideTask(KEY, undefined, commandOf(verb, rowIn('running')))).toMatchObject({ refused: 'unknown' })
  })

  test('an existing task cannot be created again', () => {
    for (const row of ROWS) expect(decideTask(KEY, row, create())).toMatchObject({ refused: 'exists', state: row.state })
  })
})

describe('creation', () => {
  test('a task is scheduled for its time', () => {
    expect(nextRow(undefined, create({ notBefore: NOON + 5 }))).toMatchObject({
      state: 'scheduled',
      dueAt: NOON + 5,
      notBefore: NOON + 5,
      version: 1,
      epoch: 1,
      attempt: 0,
    })
  })

  test('a past time means now', () => {
    expect(nextRow(undefined, create({ notBefore: NOON - 1 }))).toMatchObject({ dueAt: NOON, notBefore: NOON })
  })

  test('a task that is not ready is pending and has no wake-up', () => {
    const row = nextRow(undefined, create({ ready: false }))
    expect(row.state).toBe('pending')
    expect(row).not.toHaveProperty('dueAt')
  })

  test('a task that is not ready wakes for its deadline', () => {
    expect(nextRow(undefined, create({ ready: false, expiresAt: NOON + 9 })).dueAt).toBe(NOON + 9)
  })
})

describe('claiming', () => {
  const scheduled = rowIn('scheduled')
  const take = { name: 'claim', at: NOON, by: 'worker:w', epoch: 1, owner: 'w', leaseMs: LEASE_MS } as const

  test('a nudge of an older epoch is superseded', () => {
    const moved = nextRow(scheduled, { name: 'reschedule', at: NOON, by: 'user:a', notBefore: NOON })
    expect(decideTask(KEY, moved, take)).toMatchObject({ refused: 'superseded' })
  })

  test('a task never starts early', () => {
    const later = nextRow(undefined, create({ notBefore: NOON + 1 }))
    expect(decideTask(KEY, later, take)).toMatchObject({ refused: 'early', retryAt: NOON + 1 })
    expect(decideTask(KEY, later, { ...take, at: NOON + 1 })).toMatchObject({ state: 'running' })
  })

  test('a leased task is refused until its lease ends, and then claimed by another worker', () => {
    const held = nextRow(scheduled, take)
    const until = NOON + LEASE_MS
    expect(decideTask(KEY, held, { ...take, owner: 'x', at: until - 1 })).toMatchObject({ refused: 'leased', retryAt: until })
    expect(decideTask(KEY, held, { ...take, owner: 'x', at: until })).toMatchObject({
      attempt: 2,
      losses: 1,
      lease: { owner: 'x' },
    })
  })

  test('a sole process claims a task of another process at once, but not its own leased task', () => {
    const held = nextRow(scheduled, { ...take, owner: 'before.1' })
    expect(decideTask(KEY, held, { ...take, owner: 'now.1', sole: 'now' })).toMatchObject({ attempt: 2, losses: 1 })
    expect(decideTask(KEY, held, { ...take, owner: 'before.2', sole: 'before' })).toMatchObject({ refused: 'leased' })
  })
})

describe('workers', () => {
  const first = rowIn('running')
  const second = nextRow(first, { name: 'claim', at: LATER, by: 'worker:w2', epoch: first.epoch, owner: 'w2', leaseMs: LEASE_MS })

  test('every command of a worker that lost its claim is fenced', () => {
    for (const verb of ['succeed', 'retry', 'snooze', 'wait', 'conflict'] as const) {
      expect(decideTask(KEY, second, commandOf(verb, first))).toMatchObject({ refused: 'fenced' })
    }
    const failing = {
      name: 'fail',
      at: LATER,
      by: 'worker:w1',
      error: { code: 'X', message: 'x', retriable: true },
      retentionMs: 1,
    } as const
    expect(decideTask(KEY, second, { ...failing, claim: { epoch: first.epoch, attempt: first.attempt } })).toMatchObject({
      refused: 'fenced',
    })
  })

  test('after a redrive the same attempt number with the old epoch is fenced', () => {
    const failed = nextRow(first, commandOf('fail', first))
    const redriven = nextRow(failed, { name: 'redrive', at: LATER, by: 'user:a' })
    const again = nextRow(redriven, {
      name: 'claim',
      at: LATER,
      by: 'worker:w3',
      epoch: redriven.epoch,
      owner: 'w3',
      leaseMs: LEASE_MS,
    })
    expect(again.attempt).toBe(first.attempt)
    expect(decideTask(KEY, again, commandOf('succeed', first))).toMatchObject({ refused: 'fenced' })
  })

  test('a valid lease has precedence over the dead letters', () => {
    expect(decideTask(KEY, first, { ...commandOf('fail', first, NOON) })).toMatchObject({ refused: 'leased' })
  })
})

describe('dead-lettered messages', () => {
  test('a scheduled task is armed again, and the redeliveries are counted until it starts', () => {
    const scheduled = rowIn('scheduled')
    const again = nextRow(scheduled, commandOf('rearm', scheduled, NOON))
    expect(again).toMatchObject({ state: 'scheduled', redeliveries: 1, dueAt: NOON + 60_000, attempt: 0, epoch: 2 })
    expect(nextRow(again, commandOf('rearm', again, NOON))).toMatchObject({ redeliveries: 2 })
    expect(nextRow(again, commandOf('claim', again, NOON + 60_000))).not.toHaveProperty('redeliveries')
  })

  test('a running task stays with its worker, and the worker counts as lost after the lease', () => {
    const running = rowIn('running')
    expect(decideTask(KEY, running, commandOf('rearm', running, NOON))).toMatchObject({ refused: 'leased' })
    expect(nextRow(running, commandOf('rearm', running))).toMatchObject({ state: 'scheduled', losses: 1 })
  })
})

test.each([
  [3_599_999, 'running'],
  [3_600_000, 'notAllowed'],
  [7_200_000, 'notAllowed'],
])('a task that expires after an hour and is claimed after %i ms: %s', (after, what) => {
  const row = rowIn('scheduled')
  const answer = decideTask(KEY, row, commandOf('claim', row, NOON + after))
  expect(isRefusal(answer) ? answer.refused : answer.state).toBe(what)
})

test('a task that has started in time cannot expire', () => {
  expect(rowIn('scheduled')).toHaveProperty('expiresAt')
  expect(rowIn('running')).not.toHaveProperty('expiresAt')
})

test('a wait is not a failed attempt', () => expect(countedAttempts(rowIn('waiting'))).toBe(0))

describe('cancelling and holding', () => {
  test.each(Object.keys(transitions.running) as TaskVerb[])('after a cancel request the task can only end: %s', (verb) => {
    const asked = nextRow(rowIn('running'), commandOf('cancel', rowIn('running'), NOON))
    const next = decideTask(KEY, asked, commandOf(verb, asked))
    if (isRefusal(next)) expect(next).toMatchObject({ refused: 'notAllowed', message: expect.stringContaining('can only end') })
    else expect(isOpen(next.state)).toBe(next.state === 'running' && (verb === 'cancel' || verb === 'watch'))
  })

  test.each(['succeed', 'conflict', 'fail', 'cancel', 'watch'] as const)('after a cancel request it takes: %s', (verb) => {
    const asked = nextRow(rowIn('running'), commandOf('cancel', rowIn('running'), NOON))
    expect(isRefusal(decideTask(KEY, asked, commandOf(verb, asked)))).toBe(false)
  })

  test('a running task gets a cancel request and stays running', () => {
    const asked = nextRow(rowIn('running'), { name: 'cancel', at: NOON, by: 'user:a', retentionMs: RETENTION_MS })
    expect(asked).toMatchObject({ state: 'running', cancelRequested: true })
    expect(asked.history.at(-1)).toMatchObject({ reason: 'cancel requested', by: 'user:a' })
  })

  test('the worker confirms the cancel', () => {
    const asked = nextRow(rowIn('running'), { name: 'cancel', at: NOON, by: 'user:a', retentionMs: RETENTION_MS })
    const claim = { epoch: asked.epoch, attempt: asked.attempt }
    const cancelled = nextRow(asked, { name: 'cancel', at: NOON, by: 'worker:w1', claim, retentionMs: RETENTION_MS })
    expect(cancelled).toMatchObject({ state: 'cancelled', finishedAt: NOON, forgetAt: NOON + RETENTION_MS })
    for (const gone of ['lease', 'dueAt', 'cancelRequested']) expect(cancelled).not.toHaveProperty(gone)
  })

  test('a held task has no wake-up except its deadline', () => {
    expect(nextRow(rowIn('scheduled'), { name: 'hold', at: NOON, by: 'user:a' })).toMatchObject({
      state: 'pending',
      dueAt: NOON + 3_600_000,
    })
    expect(nextRow(nextRow(undefined, create()), { name: 'hold', at: NOON, by: 'user:a' })).not.toHaveProperty('dueAt')
  })

  test('no task expires before its deadline', () => {
    const expire = { name: 'expire', by: 'system:x', retentionMs: 1 } as const
    expect(decideTask(KEY, rowIn('scheduled'), { ...expire, at: NOON + 3_599_999 })).toMatchObject({ refused: 'early' })
    expect(decideTask(KEY, nextRow(undefined, create()), { ...expire, at: LATER })).toMatchObject({ refused: 'early' })
  })
})

test('a redriven task starts again with a new epoch', () => {
  const failed = rowIn('failed')
  const redriven = nextRow(failed, { name: 'redrive', at: LATER, by: 'user:a' })
  expect(redriven).toMatchObject({
    state: 'scheduled',
    attempt: 0,
    losses: 0,
    snoozes: 0,
    dueAt: LATER,
    epoch: failed.version + 1,
  })
  for (const gone of ['error', 'finishedAt', 'forgetAt', 'expiresAt', 'output']) expect(redriven).not.toHaveProperty(gone)
})

test('the history keeps only the newest entries, and each reason within its limit', () => {
  let row = nextRow(undefined, create())
  for (let index = 0; index < LIMITS.historyCount * 2; index++) {
    row = nextRow(row, { name: 'reschedule', at: NOON + index, by: 'user:a', notBefore: NOON, reason: 'x'.repeat(1_000) })
  }
  expect(row.history).toHaveLength(LIMITS.historyCount)
  expect(row.history.at(-1)).toMatchObject({ at: NOON + LIMITS.historyCount * 2 - 1, reason: 'x'.repeat(LIMITS.reasonCount) })
})
