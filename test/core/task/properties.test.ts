import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRefusal } from '../../../core/refusal.ts'
import type { Effect } from '../../../core/row/effect.ts'
import { taskConsequences } from '../../../core/task/consequences.ts'
import { decideTask } from '../../../core/task/decide.ts'
import { gatesOf } from '../../../core/task/gating.ts'
import { needsWatch, overdueAt, placesOf } from '../../../core/task/places.ts'
import { isOpen, type TaskRow, targets } from '../../../core/task/row.ts'
import { runs } from '../../property-runs.ts'
import { commandOf, create, KEY, NOON, VERBS } from './rows.ts'

/** A creation and then arbitrary commands, most of them refused, at times that never go back. */
const run = fc.record({
  ready: fc.boolean(),
  notBefore: fc.integer({ min: NOON - 1_000, max: NOON + 5_000_000 }),
  expires: fc.option(fc.integer({ min: 0, max: 5_000_000 }), { nil: undefined }),
  steps: fc.array(fc.record({ verb: fc.constantFrom(...VERBS), after: fc.integer({ min: 0, max: 400_000 }) }), { maxLength: 40 }),
})

type Step = { readonly before: TaskRow | undefined; readonly after: TaskRow; readonly verb: string }

const applySteps = ({
  ready,
  notBefore,
  expires,
  steps,
}: typeof run extends fc.Arbitrary<infer Run> ? Run : never): readonly Step[] => {
  const commands = create({ ready, notBefore, ...(expires === undefined ? {} : { expiresAt: NOON + expires }) })
  let row = decideTask(KEY, undefined, { ...commands, onFailure: { ...commands.policy, type: 'repair' } }) as TaskRow
  const taken: Step[] = [{ before: undefined, after: row, verb: 'create' }]
  let at = NOON
  for (const { verb, after } of steps) {
    at += after
    const next = decideTask(KEY, row, commandOf(verb, row, at))
    if (isRefusal(next)) continue
    taken.push({ before: row, after: next, verb })
    row = next
  }
  return taken
}

const always = (name: string, holds: (step: Step) => void) =>
  test(name, () => {
    fc.assert(
      fc.property(run, (sequence) => applySteps(sequence).forEach(holds)),
      runs(500),
    )
  })

always('the version rises by exactly one', ({ before, after }) => expect(after.version).toBe((before?.version ?? 0) + 1))

always('the epoch never falls, and is the version that armed the wake-up', ({ before, after }) => {
  expect([before?.epoch, after.version]).toContain(after.epoch)
  expect(after.epoch).toBeGreaterThanOrEqual(before?.epoch ?? 0)
})

always('every change of state is in the table of transitions', ({ before, after, verb }) => {
  if (before) expect(targets(before.state, verb)).toContain(after.state)
})

always('the identity and the policy do not change; only an amendment replaces the input', ({ before, after, verb }) => {
  if (before && verb !== 'amend') expect(after.input).toEqual(before.input)
  if (before)
    for (const field of ['tenant', 'id', 'type', 'createdAt', 'createdBy', 'retry'] as const)
      expect(after[field]).toEqual(before[field])
})

always('no first attempt starts before its time, or at its deadline or later', ({ before, after, verb }) => {
  if (verb !== 'claim' || before?.state !== 'scheduled') return
  expect(after.startedAt).toBeGreaterThanOrEqual(before.dueAt ?? 0)
  expect(after.startedAt).toBeLessThan(before.expiresAt ?? Number.POSITIVE_INFINITY)
})

always('only running tasks have a lease', ({ after }) => expect(after.lease !== undefined).toBe(after.state === 'running'))

always('an ended task has finishedAt and forgetAt; an open task has neither', ({ after }) => {
  expect(after.finishedAt !== undefined).toBe(!isOpen(after.state))
  expect(after.forgetAt !== undefined).toBe(!isOpen(after.state))
})

always('a scheduled task has a wake-up that is never before notBefore, or it is blocked at a gate', ({ after }) => {
  if (after.blocked) expect(after.state).toBe('scheduled')
  else if (after.state === 'scheduled') expect(after.dueAt).toBeGreaterThanOrEqual(after.notBefore)
})

always('every gate that a task leaves, as a holder or on the waitlist, is released', ({ before, after }) => {
  const effects = taskConsequences(before, after)
  const still = gatesOf(after)
  const leftGates = before ? gatesOf(before).filter((gate) => !still.includes(gate)) : []
  expect(effects.filter((effect) => effect.kind === 'release').map(({ gate }) => gate)).toEqual(leftGates)
  expect(effects.filter((effect) => effect.kind === 'joinWaitlist')).toHaveLength(
    after.blocked && after.blocked !== before?.blocked ? 1 : 0,
  )
  const mayHoldGates = after.state === 'scheduled' || after.state === 'running'
  if (!mayHoldGates) expect([after.gates, after.blocked, after.queuedAt]).toEqual([undefined, undefined, undefined])
})

always('the sweep finds every open row with a wake-up: on the watch index, or at notBefore on the agenda', ({ after }) => {
  const due = overdueAt(after)
  if (due === undefined) return
  const { watch, agenda } = placesOf(after)
  expect(watch === undefined ? agenda : watch).toBeLessThanOrEqual(due)
})

always('no task returns to its place on the agenda, which the sweep passes once, after its time', ({ before, after }) => {
  if (!needsWatch(after) || after.notBefore >= after.updatedAt) return
  // It was there before, at the same time, and the sweep has not passed it, or it would be on the watch.
  expect(before?.notBefore).toBe(after.notBefore)
  expect(before && needsWatch(before)).toBe(true)
})

always('a task that the sweep has put on the watch stays there until it is settled or has another time', ({ before, after }) => {
  if (!before?.watched || overdueAt(after) === undefined) return
  if (before.notBefore !== after.notBefore && after.notBefore >= after.updatedAt) return
  expect(placesOf(after).watch).toBe(overdueAt(after))
})

always('a task that needs the watch can be put on it', ({ after }) => {
  if (!needsWatch(after)) return
  const watched = decideTask(KEY, after, commandOf('watch', after, after.updatedAt)) as TaskRow
  expect(placesOf(watched).watch).toBe(overdueAt(after))
  expect(watched.epoch).toBe(after.epoch)
})

always(
  'a row on the watch index is there at the time when it is overdue, because the sweep reads only that time',
  ({ after }) => {
    const { watch } = placesOf(after)
    if (watch !== undefined) expect(overdueAt(after)).toBe(watch)
  },
)

const isWake = (effect: Effect) => effect.kind === 'arm' || effect.kind === 'send'

always('each new epoch with a wake-up has exactly one wake effect, with that epoch', ({ before, after }) => {
  const wakes = taskConsequences(before, after).filter(isWake)
  const due = isOpen(after.state) && after.state !== 'running' && after.dueAt !== undefined
  expect(wakes).toHaveLength(due && before?.epoch !== after.epoch ? 1 : 0)
  for (const wake of wakes) expect(wake).toMatchObject({ nudge: { epoch: after.epoch, dueAt: after.dueAt } })
})

always('the failure task is submitted when a task fails, and only then', ({ before, after }) => {
  const submits = taskConsequences(before, after).filter((effect) => effect.kind === 'submit')
  expect(submits).toHaveLength(after.state === 'failed' && before?.state !== 'failed' ? 1 : 0)
})

always('the consequences of the same change are always the same', ({ before, after }) =>
  expect(taskConsequences(before, after)).toEqual(taskConsequences(before, after)),
)

always('the timer of an obsolete wake-up is disarmed, unless that timer has fired', ({ before, after }) => {
  if (!before) return
  const armed = taskConsequences(undefined, before).find((effect) => effect.kind === 'arm')
  const disarmed = taskConsequences(before, after).find((effect) => effect.kind === 'disarm')
  if (disarmed) expect(armed).toMatchObject({ name: disarmed.name })
  const stale = armed && before.state === 'scheduled' && after.state !== 'running' && before.epoch !== after.epoch
  if (stale) expect(disarmed).toMatchObject({ name: armed.name })
})
