import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRefusal } from '../../../core/refusal.ts'
import type { Effect } from '../../../core/row/effect.ts'
import { taskConsequences } from '../../../core/task/consequences.ts'
import { decideTask } from '../../../core/task/decide.ts'
import { gatesOf } from '../../../core/task/gating.ts'
import { overdueAt, placesOf } from '../../../core/task/places.ts'
import { isOpen, type TaskRow, targets } from '../../../core/task/row.ts'
import { commandOf, create, KEY, NOON, VERBS } from './rows.ts'

/** A life: a creation and then whatever is said, most of it out of place, at times that never go back. */
const life = fc.record({
  ready: fc.boolean(),
  notBefore: fc.integer({ min: NOON - 1_000, max: NOON + 5_000_000 }),
  expires: fc.option(fc.integer({ min: 0, max: 5_000_000 }), { nil: undefined }),
  steps: fc.array(fc.record({ verb: fc.constantFrom(...VERBS), after: fc.integer({ min: 0, max: 400_000 }) }), { maxLength: 40 }),
})

type Step = { readonly before: TaskRow | undefined; readonly after: TaskRow; readonly verb: string }

const live = ({
  ready,
  notBefore,
  expires,
  steps,
}: typeof life extends fc.Arbitrary<infer Life> ? Life : never): readonly Step[] => {
  const commands = create({ ready, notBefore, ...(expires === undefined ? {} : { expiresAt: NOON + expires }) })
  let row = decideTask(KEY, undefined, { ...commands, onFailure: { ...commands.policy, type: 'mend' } }) as TaskRow
  const walked: Step[] = [{ before: undefined, after: row, verb: 'create' }]
  let at = NOON
  for (const { verb, after } of steps) {
    at += after
    const next = decideTask(KEY, row, commandOf(verb, row, at))
    if (isRefusal(next)) continue
    walked.push({ before: row, after: next, verb })
    row = next
  }
  return walked
}

const always = (name: string, holds: (step: Step) => void) =>
  test(name, () => {
    fc.assert(
      fc.property(life, (lived) => live(lived).forEach(holds)),
      { numRuns: 500 },
    )
  })

always('version rises by exactly one', ({ before, after }) => expect(after.version).toBe((before?.version ?? 0) + 1))

always('epoch never falls, and is the version that armed the wake-up', ({ before, after }) => {
  expect([before?.epoch, after.version]).toContain(after.epoch)
  expect(after.epoch).toBeGreaterThanOrEqual(before?.epoch ?? 0)
})

always('no step leaves the table of transitions', ({ before, after, verb }) => {
  if (before) expect(targets(before.state, verb)).toContain(after.state)
})

always('identity and promise stay; only an amendment replaces the input', ({ before, after, verb }) => {
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

always('a lease is held by running tasks and no others', ({ after }) =>
  expect(after.lease !== undefined).toBe(after.state === 'running'),
)

always('what has ended has an end and is forgotten some day; what is open has and is neither', ({ after }) => {
  expect(after.finishedAt !== undefined).toBe(!isOpen(after.state))
  expect(after.forgetAt !== undefined).toBe(!isOpen(after.state))
})

always(
  'a scheduled task always has a wake-up, and it is never before the promised time; a blocked one has its gate',
  ({ after }) => {
    if (after.blocked) expect(after.state).toBe('scheduled')
    else if (after.state === 'scheduled') expect(after.dueAt).toBeGreaterThanOrEqual(after.notBefore)
  },
)

always('whatever a task held or stood in line for is given back by whoever takes it off its way', ({ before, after }) => {
  const effects = taskConsequences(before, after)
  const still = gatesOf(after)
  const left = before ? gatesOf(before).filter((gate) => !still.includes(gate)) : []
  expect(effects.filter((effect) => effect.kind === 'release').map(({ gate }) => gate)).toEqual(left)
  expect(effects.filter((effect) => effect.kind === 'joinWaitlist')).toHaveLength(
    after.blocked && after.blocked !== before?.blocked ? 1 : 0,
  )
  const stands = after.state === 'scheduled' || after.state === 'running'
  if (!stands) expect([after.gates, after.blocked, after.queuedAt]).toEqual([undefined, undefined, undefined])
})

always('every open row that has to move is met by the sweep: on the watch, or at its nominal time on the agenda', ({ after }) => {
  const due = overdueAt(after)
  if (due === undefined) return
  const { watch, agenda } = placesOf(after)
  expect(watch === undefined ? agenda : watch).toBeLessThanOrEqual(due)
})

always('who is on the watch stands there at the time when it should move: the sweep goes by that alone', ({ after }) => {
  const { watch } = placesOf(after)
  if (watch !== undefined) expect(overdueAt(after)).toBe(watch)
})

const isWake = (effect: Effect) => effect.kind === 'arm' || effect.kind === 'send'

always('each new epoch with a wake-up is woken exactly once, and named by that epoch', ({ before, after }) => {
  const wakes = taskConsequences(before, after).filter(isWake)
  const due = isOpen(after.state) && after.state !== 'running' && after.dueAt !== undefined
  expect(wakes).toHaveLength(due && before?.epoch !== after.epoch ? 1 : 0)
  for (const wake of wakes) expect(wake).toMatchObject({ nudge: { epoch: after.epoch, dueAt: after.dueAt } })
})

always('the failure task is submitted when a task fails, and only then', ({ before, after }) => {
  const submits = taskConsequences(before, after).filter((effect) => effect.kind === 'submit')
  expect(submits).toHaveLength(after.state === 'failed' && before?.state !== 'failed' ? 1 : 0)
})

always('asked again, consequences answers the same', ({ before, after }) =>
  expect(taskConsequences(before, after)).toEqual(taskConsequences(before, after)),
)

always('a timer that was armed is disarmed when its wake-up goes, unless it is what woke the row', ({ before, after }) => {
  if (!before) return
  const armed = taskConsequences(undefined, before).find((effect) => effect.kind === 'arm')
  const disarmed = taskConsequences(before, after).find((effect) => effect.kind === 'disarm')
  if (disarmed) expect(armed).toMatchObject({ name: disarmed.name })
  const stale = armed && before.state === 'scheduled' && after.state !== 'running' && before.epoch !== after.epoch
  if (stale) expect(disarmed).toMatchObject({ name: armed.name })
})
