import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GateCommand } from '../../../core/gate/command.ts'
import { decideGate } from '../../../core/gate/decide.ts'
import { requirementsOf } from '../../../core/gate/requirements.ts'
import { effectiveLimits, type GateRow, gateKey, isFull, rankOf, taskAtPlace, waitlistPlace } from '../../../core/gate/row.ts'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'

const KEY = gateKey('acme/key.one')
const task = fc.constantFrom('acme/a', 'acme/b', 'acme/c', 'acme/d', 'acme/e')

/** What may be said to a gate at some time; what turning needs of the gate itself is filled in as it would be looked up. */
const saying = fc.record({
  after: fc.integer({ min: 0, max: 40_000 }),
  name: fc.constantFrom('acquire', 'acquire', 'release', 'enqueue', 'dispatch', 'dispatch', 'control'),
  task,
  epoch: fc.integer({ min: 1, max: 9 }),
  waiting: fc.array(task, { maxLength: 4 }),
  settles: fc.boolean(),
  paused: fc.boolean(),
})
type Saying = typeof saying extends fc.Arbitrary<infer It> ? It : never

const commandOf = (gate: GateRow | undefined, it: Saying, at: number, limits: object, revision: number): GateCommand => {
  const said = { at, by: 'system:test' }
  switch (it.name) {
    case 'acquire':
      return { name: 'acquire', ...said, task: it.task, epoch: it.epoch, until: at + 100_000, limits, revision: 0 }
    case 'release':
      return { name: 'release', ...said, task: it.task, epoch: it.epoch }
    case 'control':
      return { name: 'control', ...said, control: it.paused ? { paused: { at, by: 'user:ann' } } : {}, revision }
    case 'dispatch': {
      const silent = (gate?.holders ?? []).filter(({ until }) => until <= at && it.settles).map((holder) => holder.task)
      const inside = new Set(gate?.holders.map((holder) => holder.task))
      const candidates = [...new Set(it.waiting)]
        .filter((name) => !inside.has(name))
        .map((name) => ({ task: name, epoch: it.epoch }))
      const settling = { expired: silent, renewed: [], candidates: [], hasMore: false }
      const calling = { expired: [], renewed: [], candidates, hasMore: false }
      const version = gate?.version ?? 0
      return { name: 'dispatch', ...said, version, until: at + 120_000, ...(silent.length > 0 ? settling : calling) }
    }
    default:
      return { name: 'enqueue', ...said, task: it.task, epoch: it.epoch }
  }
}

type Step = { readonly before: GateRow | undefined; readonly after: GateRow; readonly at: number; readonly said: GateCommand }

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
      fc.property(limits, fc.array(saying, { maxLength: 60 }), (agreed, sayings) => {
        const steps: Step[] = []
        let gate: GateRow | undefined
        let at = 1_000_000
        for (const [index, it] of sayings.entries()) {
          at += it.after
          const said = commandOf(gate, it, at, agreed, index + 1)
          const next = decideGate(KEY, gate, said)
          if (isRefusal(next)) continue
          steps.push({ before: gate, after: next, at, said })
          gate = next
        }
        for (const step of steps) holds(step, steps)
      }),
      { numRuns: 300 },
    )
  })

always('never more are inside than the limits say', ({ after }) => {
  const { limit } = effectiveLimits(after)
  if (limit !== undefined) expect(after.holders.length).toBeLessThanOrEqual(limit)
})

always('nobody is inside twice', ({ after }) =>
  expect(new Set(after.holders.map((holder) => holder.task)).size).toBe(after.holders.length),
)

/** Somebody comes in by this step: a newcomer, or one who was called. Who is inside already starts nothing. */
const comesIn = ({ said, before }: Step): boolean =>
  said.name === 'acquire' && !before?.holders.some((it) => it.task === said.task && it.reservedAt === undefined)

always('no stretch of the rate has more starts than it allows', ({ after, at }, steps) => {
  const { rate } = effectiveLimits(after)
  if (!rate) return
  const starts = steps.filter((step) => comesIn(step) && step.at >= at && step.at < at + rate.periodMs)
  expect(starts.length).toBeLessThanOrEqual(rate.count)
})

always('whenever somebody waits, somebody will look: the gate has a wake-up, or is paused', ({ after }) => {
  if (after.waitlist) expect(after.dueAt !== undefined || effectiveLimits(after).paused !== undefined).toBe(true)
})

always('whoever has been called is looked after, paused or not', ({ after }) => {
  if (after.holders.some((holder) => holder.reservedAt !== undefined)) expect(after.dueAt).toBeDefined()
})

always('the line is only ever said to be empty by who could have called somebody', ({ before, after, said }) => {
  if (!before?.waitlist || after.waitlist) return
  expect(said.name).toBe('dispatch')
  expect(isFull(before) || effectiveLimits(before).paused !== undefined).toBe(false)
})

always('a wake-up is armed anew exactly when its time changes, or it has just been spent', ({ before, after, said }) => {
  const anew = after.dueAt !== undefined && (after.dueAt !== before?.dueAt || said.name === 'dispatch')
  expect(after.epoch).toBe(anew ? after.version : (before?.epoch ?? 0))
})

test('places sort by rank and name their tasks', () => {
  fc.assert(
    fc.property(fc.nat(4e12), fc.nat(4e12), (a, b) => {
      const [left, right] = [waitlistPlace(a, 'acme/x'), waitlistPlace(b, 'acme/x')]
      expect(Math.sign(a - b)).toBe(left < right ? -1 : left > right ? 1 : 0)
      expect(taskAtPlace(left)).toBe('acme/x')
    }),
  )
})

test('nobody starves: a low one stands before every high one that came longer than half an hour after it', () => {
  fc.assert(
    fc.property(fc.nat(4e12), fc.nat(4e9), (since, later) => {
      const passes = rankOf('high', since + later) < rankOf('low', since)
      expect(passes).toBe(later < LIMITS.lowHandicapMs)
    }),
  )
})

test('a task of which nothing is said passes no gate', () => {
  expect(requirementsOf({ tenant: 'acme', type: 'copy', lane: 'normal', own: {}, all: {} })).toEqual([])
})

test('gates are passed narrow before wide, so that nobody waits for somebody who waits for it', () => {
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
