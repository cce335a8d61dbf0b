import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { type Attempt, type AttemptOutcome, attemptsOf } from '../../../core/task/attempts.ts'
import type { TaskCommand } from '../../../core/task/command.ts'
import { decideTask } from '../../../core/task/decide.ts'
import { type Result, settle } from '../../../core/task/outcome.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { runs } from '../../property-runs.ts'
import { commandOf, create, KEY, NOON, nextRow } from './rows.ts'

/** What can happen to a task over many attempts. A second `claim` means that the first worker was lost. */
const STEPS = [
  'claim',
  'succeed',
  'retry',
  'snooze',
  'wait',
  'conflict',
  'fail',
  'interrupt',
  'stop',
  'confirm cancel',
  'request cancel',
  'dead-letters',
  'end after losses',
  'hold',
  'ready',
  'resume',
  'redrive',
] as const
type Step = (typeof STEPS)[number]

const HOUR = 3_600_000
const ERROR = { code: 'Broken', message: 'it broke: again', retriable: true }
const broken: Result = { outcome: 'failed', error: ERROR, thrown: { names: ['Broken'] } }

/** The command of a step. */
const commandFor = (step: Step, row: TaskRow, at: number, owner: string): TaskCommand => {
  const mine = { at, by: `worker:${row.lease?.owner}`, claim: { epoch: row.epoch, attempt: row.attempt } }
  const retentionMs = 1
  switch (step) {
    case 'claim':
      return { name: 'claim', at, by: `worker:${owner}`, owner, epoch: row.epoch, leaseMs: HOUR / 2 }
    case 'retry':
      return { name: 'retry', ...mine, error: ERROR, dueAt: at }
    case 'fail':
      return { name: 'fail', ...mine, error: ERROR, retentionMs }
    case 'conflict':
      return { name: 'conflict', ...mine, error: ERROR, retentionMs }
    case 'interrupt':
      return { name: 'rearm', ...mine, dueAt: at, reason: 'the function is about to be killed' }
    case 'stop':
      return { name: 'rearm', ...mine, dueAt: at, code: 'Interrupted', reason: 'the process stops' }
    case 'confirm cancel':
      return { name: 'cancel', ...mine, retentionMs }
    case 'request cancel':
      return { name: 'cancel', at, by: 'user:ada', retentionMs }
    case 'dead-letters':
      return { name: 'rearm', at, by: 'system:dead-letters', dueAt: at }
    case 'end after losses':
      return { name: 'fail', at, by: 'system:sweep', error: { ...ERROR, code: 'WorkerLost' }, retentionMs }
    case 'succeed':
      return { name: 'succeed', ...mine, retentionMs }
    case 'snooze':
      return { name: 'snooze', ...mine, dueAt: at }
    case 'wait':
      return { name: 'wait', ...mine }
    default:
      return commandOf(step, row, at)
  }
}

/** The outcome of the running attempt, derived from the step alone and not from the history. */
const outcomeOf = (step: Step, after: TaskRow): AttemptOutcome | undefined => {
  switch (step) {
    case 'succeed':
      return 'succeeded'
    case 'retry':
      return 'retried'
    case 'snooze':
      return 'snoozed'
    case 'wait':
      return 'waiting'
    case 'conflict':
      return 'conflicted'
    case 'fail':
      return 'failed'
    case 'interrupt':
    case 'stop':
      return 'interrupted'
    case 'confirm cancel':
      return 'cancelled'
    case 'request cancel':
      return after.state === 'running' ? undefined : 'cancelled'
    default:
      return 'lost'
  }
}

type Seen = Pick<Attempt, 'attempt' | 'startedAt' | 'owner'> & { outcome: AttemptOutcome; endedAt?: number; end?: Step }

/** Applies the steps, an hour apart, and records every attempt independently of the history. */
const applySteps = (steps: readonly Step[]): { readonly row: TaskRow; readonly seen: readonly Seen[] } => {
  let row = nextRow(undefined, create())
  const seen: Seen[] = []
  for (const [index, step] of steps.entries()) {
    const at = NOON + (index + 1) * HOUR
    const next = decideTask(KEY, row, commandFor(step, row, at, `w${index}`))
    if (isRefusal(next)) continue
    const outcome = row.state === 'running' ? outcomeOf(step, next) : undefined
    if (outcome) Object.assign(seen.at(-1) ?? {}, { outcome, endedAt: at, end: step })
    if (step === 'claim') seen.push({ attempt: next.attempt, startedAt: at, owner: `w${index}`, outcome: 'running' })
    row = next
  }
  return { row, seen }
}

const histories = fc
  .array(fc.constantFrom<Step>('claim', 'claim', 'claim', 'redrive', ...STEPS), { maxLength: 150, size: 'max' })
  .map(applySteps)
const shown = ({ error: _, ...attempt }: Attempt) => attempt

describe('after any sequence of commands', () => {
  test('the attempts of a task are listed newest first, with number, time, owner and outcome', () => {
    fc.assert(
      fc.property(histories, ({ row, seen }) => {
        const { attempts } = attemptsOf(row)
        expect(attempts.map(shown)).toEqual(
          seen
            .slice(seen.length - attempts.length)
            .reverse()
            .map(({ end: _, ...it }) => it),
        )
      }),
      runs(500),
    )
  })

  test('attempts that the history no longer contains are counted, and so are the lost, the snoozed and the interrupted ones among them', () => {
    fc.assert(
      fc.property(histories, ({ row, seen }) => {
        const { attempts, older } = attemptsOf(row)
        const missing = seen.slice(0, seen.length - attempts.length)
        const count = (...outcomes: readonly AttemptOutcome[]) =>
          // `row.losses` does not include the loss that ended the task.
          missing.filter(({ outcome, end }) => outcomes.includes(outcome) && end !== 'end after losses' && end !== 'stop').length
        expect(older).toEqual({
          count: missing.length,
          losses: count('lost', 'interrupted'),
          snoozes: count('snoozed', 'waiting'),
          interruptions: missing.filter(({ end }) => end === 'stop').length,
        })
      }),
      runs(500),
    )
  })

  test('there are at most as many attempts as history entries', () => {
    fc.assert(
      fc.property(histories, ({ row }) => {
        expect(attemptsOf(row).attempts.length).toBeLessThanOrEqual(LIMITS.historyCount)
      }),
    )
  })
})

describe('the error of an attempt', () => {
  const errors = (...steps: readonly Step[]) => attemptsOf(applySteps(steps).row).attempts.map(({ error }) => error)

  test('is read from the history', () =>
    expect(errors('claim', 'retry', 'claim', 'succeed')).toEqual([undefined, { code: 'Broken', message: 'it broke: again' }]))

  test('is the full error of the task when the attempt ended the task', () => {
    const { row } = applySteps(['claim'])
    const error = { ...ERROR, message: 'x'.repeat(LIMITS.errorMessageCount) }
    const failed = nextRow(row, { ...commandFor('fail', row, NOON + HOUR, ''), error } as TaskCommand)
    expect(attemptsOf(failed).attempts[0]?.error?.message).toHaveLength(LIMITS.errorMessageCount)
  })

  test.each<[string, Partial<TaskRow>, Result, string]>([
    ['too old', { retry: { policy: 'fixed', waitMs: 2, attempts: 9, maxAgeMs: 2 * HOUR + 1 } }, broken, 'Broken'],
    ['not on the list', { retry: { policy: 'fixed', waitMs: 2, attempts: 9, retriable: [] } }, broken, 'Broken'],
    ['too old after a snooze', { retry: { policy: 'none', maxAgeMs: 3 } }, { outcome: 'snoozed', delayMs: HOUR }, 'TooOld'],
  ])('is kept when the task failed because it was %s, and after a redrive', (_, more, result, code) => {
    const row = { ...applySteps(['claim']).row, ...more }
    const at = NOON + 2 * HOUR
    const by = `worker:${row.lease?.owner}`
    const failed = nextRow(row, settle(row, { epoch: row.epoch, attempt: row.attempt }, result, { at, by }, 1))
    const redriven = nextRow(failed, { name: 'redrive', at, by: 'user:ada' })
    expect(failed.state).toBe('failed')
    expect(attemptsOf(redriven).attempts[0]?.error?.code).toBe(code)
    expect(attemptsOf(redriven).attempts[0]?.error?.message).not.toBe('')
  })

  test('is not the error of a task that ended later for another reason', () => {
    const { row } = applySteps(['claim', 'retry'])
    const error = { code: 'DeadLettered', message: 'its message was dead-lettered', retriable: true }
    const dead = nextRow(row, { name: 'fail', at: NOON + 9 * HOUR, by: 'system:dead-letters', error, retentionMs: 1 })
    expect(attemptsOf(dead).attempts[0]).toMatchObject({ outcome: 'retried', error: { code: 'Broken' } })
  })

  test('is absent for an attempt that did not fail', () =>
    expect(errors('claim', 'snooze', 'claim', 'wait', 'resume', 'claim', 'interrupt', 'claim')).toEqual(Array(4).fill(undefined)))

  test('of a lost attempt is the error with which the task failed', () =>
    expect(attemptsOf(applySteps(['claim', 'end after losses']).row).attempts).toMatchObject([
      { outcome: 'lost', error: { code: 'WorkerLost' } },
    ]))
})

test('an attempt with a cancel request is still one running attempt', () =>
  expect(attemptsOf(applySteps(['claim', 'request cancel']).row).attempts).toMatchObject([{ attempt: 1, outcome: 'running' }]))

test('a task that has not started has no attempts', () =>
  expect(attemptsOf(nextRow(undefined, create()))).toEqual({
    attempts: [],
    older: { count: 0, losses: 0, snoozes: 0, interruptions: 0 },
  }))
