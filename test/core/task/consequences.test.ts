import { describe, expect, test } from 'vitest'
import type { TaskCommand } from '../../../core/task/command.ts'
import { taskConsequences, taskWakeups } from '../../../core/task/consequences.ts'
import { eventOf, removalOf } from '../../../core/task/event.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { commandOf, create, GATE, LATER, LEASE_MS, NOON, nextRow, POLICY, RETENTION_MS, rowIn } from './rows.ts'

const HOUR = 3_600_000
const scheduled = nextRow(undefined, create())
const far = nextRow(undefined, create({ notBefore: NOON + HOUR }))
const running = nextRow(scheduled, commandOf('claim', scheduled, NOON))
const blocked = nextRow(scheduled, commandOf('block', scheduled, NOON))
const worker = { at: NOON + 5, by: 'worker:w1' }
const by = { at: NOON + 5, by: 'system:gate' }
const claim = { epoch: running.epoch, attempt: running.attempt }
const error = { code: 'Broken', message: 'it broke', retriable: false }
const nudge = (epoch: number, dueAt: number) => ({ kind: 'task', tenant: 'acme', id: 'task1', epoch, lane: 'normal', dueAt })
const send = (epoch: number, dueAt: number) => ({ kind: 'send', nudge: nudge(epoch, dueAt) })
const arm = (epoch: number, dueAt: number) => ({ kind: 'arm', name: `task1-${epoch}`, nudge: nudge(epoch, dueAt) })
const disarm = (epoch: number) => ({ kind: 'disarm', name: `task1-${epoch}` })
const place = `${String(NOON + 600_000).padStart(16, '0')}#acme/task1`
const failing: TaskRow = { ...running, onFailure: { ...POLICY, type: 'notify', input: { inline: 1 }, failureField: 'body' } }
const fail: TaskCommand = { name: 'fail', ...worker, claim, error, retentionMs: RETENTION_MS }

describe('the effects of a change', () => {
  test.each<readonly [string, TaskRow | undefined, TaskCommand, readonly object[]]>([
    ['a near task gets a message', undefined, create(), [send(1, NOON)]],
    ['a far task gets a timer', undefined, create({ notBefore: NOON + HOUR }), [arm(1, NOON + HOUR)]],
    ['a pending task without a deadline gets nothing', undefined, create({ ready: false }), []],
    ['a claim needs nothing, because the message is the watchdog', scheduled, commandOf('claim', scheduled, NOON), []],
    [
      'another time of a far task replaces its timer',
      far,
      { name: 'reschedule', ...by, notBefore: NOON + 2 * HOUR },
      [disarm(1), arm(2, NOON + 2 * HOUR)],
    ],
    ['a hold disarms', far, { name: 'hold', ...by }, [disarm(1)]],
    ['a cancel disarms', far, { name: 'cancel', ...by, retentionMs: 1 }, [disarm(1)]],
    ['a near task has no timer to disarm', scheduled, { name: 'hold', ...by }, []],
    ['a snooze gets a message', running, { name: 'snooze', ...worker, claim, dueAt: NOON + 60_000 }, [send(3, NOON + 60_000)]],
    // The row of a far claim still has the due time of its timer, which has fired.
    ['an attempt of a far task has no timer to disarm', { ...running, dueAt: LATER }, { name: 'wait', ...worker, claim }, []],
    [
      'a block joins the waitlist',
      scheduled,
      { name: 'block', ...by, at: NOON, gate: GATE, held: [] },
      [{ kind: 'joinWaitlist', gate: GATE, place, epoch: 2 }],
    ],
    [
      'an admission leaves the waitlist, and the task is due',
      blocked,
      { name: 'admit', ...by, gate: GATE },
      [{ kind: 'leaveWaitlist', gate: GATE, place }, send(3, NOON + 5)],
    ],
    [
      'a cancel of a blocked task releases its places',
      blocked,
      { name: 'cancel', ...by, retentionMs: 1 },
      [
        { kind: 'leaveWaitlist', gate: GATE, place },
        { kind: 'release', gate: 'acme/key.narrow', task: 'acme/task1', epoch: 2 },
        { kind: 'release', gate: GATE, task: 'acme/task1', epoch: 2 },
      ],
    ],
  ])('%s', (_, before, command, effects) => {
    expect(taskConsequences(before, nextRow(before, command))).toEqual(effects)
  })

  test('of no row, and of a change that concerns nothing, are none', () => {
    expect(taskConsequences(undefined, undefined)).toEqual([])
    expect(taskConsequences(scheduled, nextRow(scheduled, commandOf('watch', scheduled, NOON)))).toEqual([])
  })
})

describe('a failure', () => {
  const failed = nextRow(failing, fail)
  const { input: _, failureField: __, ...policy } = failing.onFailure ?? (POLICY as never)
  const command = {
    name: 'create',
    by: 'system:relay',
    reason: 'task task1 failed: Broken',
    policy,
    ready: true,
    notBefore: 0,
    failureOf: 'task1',
  }

  test('submits the failure task once, under an id of this failure', () => {
    const key = { kind: 'task', tenant: 'acme', id: 'task1.f1' }
    expect(taskConsequences(failing, failed)).toEqual([{ kind: 'submit', key, command, creates: true, failure: failed }])
    expect(taskConsequences(failed, { ...failed, version: 9 })).toEqual([])
  })

  test('passes environment and tags on', () => {
    const more = { environmentId: 'blue', tags: ['a'] }
    const [effect] = taskConsequences({ ...failing, ...more }, { ...failed, ...more })
    expect(effect).toMatchObject({ command: { ...command, ...more } })
    const { error: ___, ...unexplained } = failed
    expect(taskConsequences(failing, unexplained)).toMatchObject([{ command: { reason: 'task task1 failed: unknown' } }])
  })

  test('of a task without a failure task, and another end, submit nothing', () => {
    expect(taskConsequences(running, nextRow(running, fail))).toEqual([])
    const succeed: TaskCommand = { name: 'succeed', ...worker, claim, retentionMs: 1 }
    expect(taskConsequences(failing, nextRow(failing, succeed))).toEqual([])
  })
})

describe('events', () => {
  const levels = (before: TaskRow, command: TaskCommand) =>
    (['none', 'terminal', 'all', undefined] as const).map((events) => {
      const row = { ...before, ...(events ? { events } : {}) }
      const after = nextRow(row, command)
      const published = taskConsequences(row, after).filter(({ kind }) => kind === 'publish')
      if (published.length > 0) expect(published).toEqual([{ kind: 'publish', event: eventOf(row, after) }])
      return published.length
    })

  test('are published as the level of the task says: none, terminal, all; none without a level', () => {
    expect(levels(scheduled, commandOf('claim', scheduled, NOON))).toEqual([0, 0, 1, 0])
    expect(levels(running, fail)).toEqual([0, 1, 1, 0])
  })

  test('of a second cancel request do not exist', () => {
    const asked = { ...nextRow(running, commandOf('cancel', running, NOON)), events: 'all' } as const
    const again = taskConsequences(asked, nextRow(asked, commandOf('cancel', asked, NOON)))
    expect(again.filter(({ kind }) => kind === 'publish')).toEqual([])
  })
})

describe('a row that the store has deleted', () => {
  const gone = rowIn('succeeded')

  test('has the event of its removal only at level all', () => {
    expect(taskConsequences(gone, undefined)).toEqual([])
    expect(taskConsequences({ ...gone, events: 'terminal' }, undefined)).toEqual([])
    const row = { ...gone, events: 'all' } as const
    expect(taskConsequences(row, undefined)).toEqual([{ kind: 'publish', event: removalOf(row) }])
  })

  test('has its documents discarded', () => {
    const row: TaskRow = {
      ...gone,
      input: { document: 'i', bytes: 1 },
      output: { document: 'o', bytes: 1 },
      onFailure: { ...POLICY, input: { document: 'f', bytes: 1 } },
    }
    expect(taskConsequences(row, undefined)).toEqual([{ kind: 'discard', row, documents: ['i', 'o', 'f'] }])
  })
})

describe('the wake-up of a row', () => {
  test.each<readonly [string, TaskRow, readonly object[]]>([
    ['scheduled: at its time', scheduled, [send(1, NOON)]],
    ['far: a timer', far, [arm(1, NOON + HOUR)]],
    ['running: at the end of its lease', running, [send(1, NOON + LEASE_MS)]],
    ['waiting: at the end of its wait', nextRow(running, commandOf('wait', running, NOON)), [send(3, NOON + 60_000)]],
    ['waiting without an end: none', rowIn('waiting'), []],
    ['ended: none', rowIn('succeeded'), []],
    ['ended, with a due time: none', { ...rowIn('succeeded'), dueAt: NOON }, []],
    ['running without a lease: none', (({ lease: _, ...row }) => row)(running), []],
  ])('%s', (_, row, wakeups) => expect(taskWakeups(row)).toEqual(wakeups))
})
