import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { type Attempt, type AttemptOutcome, attemptsOf } from '../../../core/task/attempts.ts'
import type { TaskCommand } from '../../../core/task/command.ts'
import { decideTask } from '../../../core/task/decide.ts'
import { type Result, settle } from '../../../core/task/outcome.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { commandOf, create, KEY, NOON, said } from './rows.ts'

/** What may happen to a task that is run again and again; `lose` is that its worker dies and another takes it up. */
const DEEDS = [
  'claim',
  'succeed',
  'retry',
  'snooze',
  'wait',
  'conflict',
  'fail',
  'interrupt',
  'obey',
  'ask to cancel',
  'dead-letters',
  'give up',
  'hold',
  'ready',
  'resume',
  'redrive',
] as const
type Deed = (typeof DEEDS)[number]

const HOUR = 3_600_000
const ERROR = { code: 'Broken', message: 'it broke: again', retriable: true }
const broken: Result = { came: 'failed', error: ERROR, thrown: { names: ['Broken'] } }

/** What whoever does this deed says, an hour after all before it. */
const wordOf = (deed: Deed, row: TaskRow, at: number, owner: string): TaskCommand => {
  const mine = { at, by: `worker:${row.lease?.owner}`, claim: { epoch: row.epoch, attempt: row.attempt } }
  const retentionMs = 1
  switch (deed) {
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
    case 'obey':
      return { name: 'cancel', ...mine, retentionMs }
    case 'ask to cancel':
      return { name: 'cancel', at, by: 'user:ada', retentionMs }
    case 'dead-letters':
      return { name: 'rearm', at, by: 'system:dead-letters', dueAt: at }
    case 'give up':
      return { name: 'fail', at, by: 'system:sweep', error: { ...ERROR, code: 'WorkerLost' }, retentionMs }
    case 'succeed':
      return { name: 'succeed', ...mine, retentionMs }
    case 'snooze':
      return { name: 'snooze', ...mine, dueAt: at }
    case 'wait':
      return { name: 'wait', ...mine }
    default:
      return commandOf(deed, row, at)
  }
}

/** What the attempt that was running came to, told by who did what: nothing of it is read from the history. */
const outcomeOf = (deed: Deed, after: TaskRow): AttemptOutcome | undefined => {
  switch (deed) {
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
      return 'interrupted'
    case 'obey':
      return 'cancelled'
    case 'ask to cancel':
      return after.state === 'running' ? undefined : 'cancelled'
    default:
      return 'lost'
  }
}

type Seen = Pick<Attempt, 'attempt' | 'startedAt' | 'owner'> & { outcome: AttemptOutcome; endedAt?: number; end?: Deed }

/** Lives such a life, and takes down every attempt by itself. */
const live = (deeds: readonly Deed[]): { readonly row: TaskRow; readonly seen: readonly Seen[] } => {
  let row = said(undefined, create())
  const seen: Seen[] = []
  for (const [index, deed] of deeds.entries()) {
    const at = NOON + (index + 1) * HOUR
    const next = decideTask(KEY, row, wordOf(deed, row, at, `w${index}`))
    if (isRefusal(next)) continue
    const outcome = row.state === 'running' ? outcomeOf(deed, next) : undefined
    if (outcome) Object.assign(seen.at(-1) ?? {}, { outcome, endedAt: at, end: deed })
    if (deed === 'claim') seen.push({ attempt: next.attempt, startedAt: at, owner: `w${index}`, outcome: 'running' })
    row = next
  }
  return { row, seen }
}

const lives = fc
  .array(fc.constantFrom<Deed>('claim', 'claim', 'claim', 'redrive', ...DEEDS), { maxLength: 150, size: 'max' })
  .map(live)
const shown = ({ error: _, ...attempt }: Attempt) => attempt

describe('whatever happens to a task', () => {
  test('its attempts are those that were made, the newest first, by number, time, owner and outcome', () => {
    fc.assert(
      fc.property(lives, ({ row, seen }) => {
        const { attempts } = attemptsOf(row)
        expect(attempts.map(shown)).toEqual(
          seen
            .slice(seen.length - attempts.length)
            .reverse()
            .map(({ end: _, ...it }) => it),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('what the history no longer tells is counted, with the lost and those that were put off among it', () => {
    fc.assert(
      fc.property(lives, ({ row, seen }) => {
        const { attempts, older } = attemptsOf(row)
        const untold = seen.slice(0, seen.length - attempts.length)
        const count = (...outcomes: readonly AttemptOutcome[]) =>
          // A loss that ended its task is counted by no row.
          untold.filter(({ outcome, end }) => outcomes.includes(outcome) && end !== 'give up').length
        expect(older).toEqual({
          count: untold.length,
          losses: count('lost', 'interrupted'),
          snoozes: count('snoozed', 'waiting'),
        })
      }),
      { numRuns: 500 },
    )
  })

  test('no more than the history is told', () => {
    fc.assert(
      fc.property(lives, ({ row }) => {
        expect(attemptsOf(row).attempts.length).toBeLessThanOrEqual(LIMITS.historyCount)
      }),
    )
  })
})

describe('the error of an attempt', () => {
  const errors = (...deeds: readonly Deed[]) => attemptsOf(live(deeds).row).attempts.map(({ error }) => error)

  test('is read from the history', () =>
    expect(errors('claim', 'retry', 'claim', 'succeed')).toEqual([undefined, { code: 'Broken', message: 'it broke: again' }]))

  test('is that of the task when the attempt ended it, however long it is', () => {
    const { row } = live(['claim'])
    const error = { ...ERROR, message: 'x'.repeat(LIMITS.errorMessageCount) }
    const failed = said(row, { ...wordOf('fail', row, NOON + HOUR, ''), error } as TaskCommand)
    expect(attemptsOf(failed).attempts[0]?.error?.message).toHaveLength(LIMITS.errorMessageCount)
  })

  test.each<[string, Partial<TaskRow>, Result, string]>([
    ['too old', { retry: { policy: 'fixed', waitMs: 2, attempts: 9, maxAgeMs: 2 * HOUR + 1 } }, broken, 'Broken'],
    ['not on the list', { retry: { policy: 'fixed', waitMs: 2, attempts: 9, retriable: [] } }, broken, 'Broken'],
    ['too old, though nothing failed', { retry: { policy: 'none', maxAgeMs: 3 } }, { came: 'snoozed', delayMs: HOUR }, 'TooOld'],
  ])('is what failed also where that was final because it was %s, and after a redrive', (_, more, result, code) => {
    const row = { ...live(['claim']).row, ...more }
    const at = NOON + 2 * HOUR
    const by = `worker:${row.lease?.owner}`
    const failed = said(row, settle(row, { epoch: row.epoch, attempt: row.attempt }, result, { at, by }, 1))
    const anew = said(failed, { name: 'redrive', at, by: 'user:ada' })
    expect(failed.state).toBe('failed')
    expect(attemptsOf(anew).attempts[0]?.error?.code).toBe(code)
    expect(attemptsOf(anew).attempts[0]?.error?.message).not.toBe('')
  })

  test('is not that of a task which then ended by something else', () => {
    const { row } = live(['claim', 'retry'])
    const error = { code: 'DeadLettered', message: 'its message died', retriable: true }
    const dead = said(row, { name: 'fail', at: NOON + 9 * HOUR, by: 'system:dead-letters', error, retentionMs: 1 })
    expect(attemptsOf(dead).attempts[0]).toMatchObject({ outcome: 'retried', error: { code: 'Broken' } })
  })

  test('is there for none that did not fail', () =>
    expect(errors('claim', 'snooze', 'claim', 'wait', 'resume', 'claim', 'interrupt', 'claim')).toEqual(Array(4).fill(undefined)))

  test('of a lost one is what its task failed with', () =>
    expect(attemptsOf(live(['claim', 'give up']).row).attempts).toMatchObject([
      { outcome: 'lost', error: { code: 'WorkerLost' } },
    ]))
})

test('an attempt that is asked to stop is still running, and one attempt', () =>
  expect(attemptsOf(live(['claim', 'ask to cancel']).row).attempts).toMatchObject([{ attempt: 1, outcome: 'running' }]))

test('a task that has not been run has no attempts', () =>
  expect(attemptsOf(said(undefined, create()))).toEqual({ attempts: [], older: { count: 0, losses: 0, snoozes: 0 } }))
