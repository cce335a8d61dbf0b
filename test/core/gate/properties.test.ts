import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GateCommand } from '../../../core/gate/command.ts'
import { decideGate } from '../../../core/gate/decide.ts'
import { requirementsOf } from '../../../core/gate/requirements.ts'
import { effectiveLimits, type GateRow, gateKey, isFull, rankOf, taskAtPlace, waitlistPlace } from '../../../core/gate/row.ts'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { runs } from '../../property-runs.ts'

const KEY = gateKey('acme/key.one')
const task = fc.constantFrom('acme/a', 'acme/b', 'acme/c', 'acme/d', 'acme/e')

/** Any command at any time. `commandOf` reads from the gate what a dispatch needs, as the engine does. */
const anyCommand = fc.record({
  after: fc.integer({ min: 0, max: 40_000 }),
  name: fc.constantFrom('acquire', 'acquire', 'release', 'enqueue', 'dispatch', 'dispatch', 'control'),
  task,
  epoch: fc.integer({ min: 1, max: 9 }),
  waiting: fc.array(task, { maxLength: 4 }),
  settles: fc.boolean(),
  paused: fc.boolean(),
})
type AnyCommand = typeof anyCommand extends fc.Arbitrary<infer It> ? It : never

const commandOf = (gate: GateRow | undefined, it: AnyCommand, at: number, limits: object, revision: number): GateCommand => {
  const stamp = { at, by: 'system:test' }
  switch (it.name) {
    case 'acquire':
      return { name: 'acquire', ...stamp, task: it.task, epoch: it.epoch, until: at + 100_000, limits, revision: 0 }
    case 'release':
      return { name: 'release', ...stamp, task: it.task, epoch: it.epoch }
    case 'control':
      return { name: 'control', ...stamp, control: it.paused ? { paused: { at, by: 'user:ann' } } : {}, revision }
    case 'dispatch': {
      const silent = (gate?.holders ?? []).filter(({ until }) => until <= at && it.settles).map((holder) => holder.task)
      const inside = new Set(gate?.holders.map((holder) => holder.task))
      const candidates = [...new Set(it.waiting)]
        .filter((name) => !inside.has(name))
        .map((name) => ({ task: name, epoch: it.epoch }))
      const dropping = { expired: silent, renewed: [], candidates: [], hasMore: false }
      const admitting = { expired: [], renewed: [], candidates, hasMore: false }
      const version = gate?.version ?? 0
      return { name: 'dispatch', ...stamp, version, until: at + 120_000, ...(silent.length > 0 ? dropping : admitting) }
    }
    default:
      return { name: 'enqueue', ...stamp, task: it.task, epoch: it.epoch }
  }
}

type Step = { readonly before: GateRow | undefined; readonly after: GateRow; readonly at: number; readonly command: GateCommand }

const limits = fc.record(
  {
    limit: fc.integer({ min: 1, max: 3 }),
    rate: fc.record({ count: fc.integer({ min: 1, max: 3 }), periodMs: fc.constant(60_000) }),
  },
  { requiredKeys: [] },
)

const always = (name: string, holds: (step: Step, all: readonly Step[]) => void) =>
  test(name, () => {
    fc.assert(
      fc.property(limits, fc.array(anyCommand, { maxLength: 60 }), (declared, commands) => {
        const steps: Step[] = []
        let gate: GateRow | undefined
        let at = 1_000_000
        for (const [index, it] of commands.entries()) {
          at += it.after
          const command = commandOf(gate, it, at, declared, index + 1)
          const next = decideGate(KEY, gate, command)
          if (isRefusal(next)) continue
          steps.push({ before: gate, after: next, at, command })
          gate = next
        }
        for (const step of steps) holds(step, steps)
      }),
      runs(300),
    )
  })

always('a gate never has more holders than its limit', ({ after }) => {
  const { limit } = effectiveLimits(after)
  if (limit !== undefined) expect(after.holders.length).toBeLessThanOrEqual(limit)
})

always('no task holds two places of one gate', ({ after }) =>
  expect(new Set(after.holders.map((holder) => holder.task)).size).toBe(after.holders.length),
)

/** Does a task start by this step? A new task or a reserved one does; a holder that acquires again does not. */
const startsTask = ({ command, before }: Step): boolean =>
  command.name === 'acquire' && !before?.holders.some((it) => it.task === command.task && it.reservedAt === undefined)

always('no period of the rate has more starts than it allows', ({ after, at }, steps) => {
  const { rate } = effectiveLimits(after)
  if (!rate) return
  const starts = steps.filter((step) => startsTask(step) && step.at >= at && step.at < at + rate.periodMs)
  expect(starts.length).toBeLessThanOrEqual(rate.count)
})

always('a gate with a waitlist has a wake-up or is paused', ({ after }) => {
  if (after.waitlist) expect(after.dueAt !== undefined || effectiveLimits(after).paused !== undefined).toBe(true)
})

always('a gate with a reservation has a wake-up, paused or not', ({ after }) => {
  if (after.holders.some((holder) => holder.reservedAt !== undefined)) expect(after.dueAt).toBeDefined()
})

always('only a dispatch that could admit a task records an empty waitlist', ({ before, after, command }) => {
  if (!before?.waitlist || after.waitlist) return
  expect(command.name).toBe('dispatch')
  expect(isFull(before) || effectiveLimits(before).paused !== undefined).toBe(false)
})

always('a wake-up is armed again exactly when its time changes or a dispatch has used it', ({ before, after, command }) => {
  const isRearmed = after.dueAt !== undefined && (after.dueAt !== before?.dueAt || command.name === 'dispatch')
  expect(after.epoch).toBe(isRearmed ? after.version : (before?.epoch ?? 0))
})

test('positions sort by rank and name their tasks', () => {
  fc.assert(
    fc.property(fc.nat(4e12), fc.nat(4e12), (a, b) => {
      const [left, right] = [waitlistPlace(a, 'acme/x'), waitlistPlace(b, 'acme/x')]
      expect(Math.sign(a - b)).toBe(left < right ? -1 : left > right ? 1 : 0)
      expect(taskAtPlace(left)).toBe('acme/x')
    }),
  )
})

test('a task of low priority goes before every task of high priority that arrives more than half an hour later', () => {
  fc.assert(
    fc.property(fc.nat(4e12), fc.nat(4e9), (since, later) => {
      const isFirst = rankOf('high', since + later) < rankOf('low', since)
      expect(isFirst).toBe(later < LIMITS.lowHandicapMs)
    }),
  )
})

test('a task without limits needs no gate', () => {
  expect(requirementsOf({ tenant: 'acme', type: 'copy', lane: 'normal', own: {}, all: {} })).toEqual([])
})

test('gates are acquired narrow before wide, so that no two tasks wait for each other', () => {
  const refs = requirementsOf({
    tenant: 'acme',
    type: 'copy',
    lane: 'low',
    gate: { key: 'prod', limit: 1 },
    typeLimit: { limit: 5, across: 'all' },
    tenantLimit: { limit: 9 },
    own: { 'type.copy': { limit: 2, revision: 3 } },
    all: { 'lane.low': { paused: { at: 1, by: 'user:ops' }, revision: 2 }, tenant: { revision: 7 } },
  }).map(({ ref }) => ref)
  expect(refs).toEqual(['acme/key.prod', 'acme/type.copy', 'acme/tenant', 'carillon/type.copy', 'carillon/lane.low'])
})
