import { describe, expect, test } from 'vitest'
import type { GateRequirement } from '../../../../core/gate/requirements.ts'
import type { GateRow } from '../../../../core/gate/row.ts'
import { explain } from '../../../../core/task/explain/explain.ts'
import type { ExplainContext, GateView, WaitlistView } from '../../../../core/task/explain/reason.ts'
import { GATE, LATER, NOON, nextRow } from '../rows.ts'
import { type Case, CONTEXT, explained, MINUTE, scheduled, soon } from './cases.ts'

const blocked = nextRow(scheduled, { name: 'block', at: NOON, by: 'system:gate', gate: GATE, held: [] })
const gate = (more: Partial<GateRow> = {}): GateRow => ({
  kind: 'gate',
  tenant: 'acme',
  id: 'key.one',
  version: 3,
  epoch: 3,
  updatedAt: NOON,
  limits: { limit: 1 },
  revision: 0,
  holders: [{ task: 'acme/other', epoch: 1, until: NOON + MINUTE }],
  waitlist: true,
  dueAt: NOON + MINUTE,
  ...more,
})
const requirement = (more: Partial<GateRequirement> = {}): GateRequirement => ({
  ref: GATE,
  limits: { limit: 1 },
  revision: 0,
  onBusy: 'wait',
  ...more,
})
const WAITLIST: WaitlistView = { before: ['acme/b1', 'acme/b2'], position: 3, waitingCount: 7, isLonger: false }
const at = (...gates: readonly GateView[]): Partial<ExplainContext> => ({ gates })
const PAUSED = { paused: { at: NOON - MINUTE, by: 'user:alice', reason: 'the month is being closed' } }

const CASES: readonly Case[] = [
  [
    'blocked at a full gate',
    blocked,
    ['gateBusy'],
    /the only place of gate one is taken by other; the task is at position 3 of 7 on the waitlist, behind b1, b2$/,
    { context: at({ requirement: requirement(), row: gate(), waitlist: WAITLIST }), next: NOON + MINUTE },
  ],
  [
    'blocked with a deadline that comes first',
    { ...blocked, expiresAt: NOON + 1_000, dueAt: NOON + 1_000 },
    ['gateBusy', 'deadline'],
    /taken by other; more than 100 tasks are ahead on the waitlist$/,
    {
      context: at({ requirement: requirement(), row: gate(), waitlist: { before: [], waitingCount: 100, isLonger: true } }),
      next: NOON + 1_000,
    },
  ],
  [
    'blocked and not yet on the waitlist',
    blocked,
    ['gateBusy'],
    /the task is about to join the waitlist$/,
    { context: at({ requirement: requirement(), row: gate(), waitlist: { before: [], waitingCount: 0, isLonger: false } }) },
  ],
  [
    "blocked behind other tenants' tasks, of which only the number is shown",
    { ...blocked, blocked: 'carillon/type.greet' },
    ['gateBusy'],
    /the only place of task type greet \(of all tenants\) is taken by 1 task of other tenants; .* position 1 of 1 on the waitlist$/,
    {
      context: at({
        requirement: requirement({ ref: 'carillon/type.greet' }),
        row: gate({ tenant: 'carillon', id: 'type.greet', holders: [{ task: 'umbrella/secret', epoch: 1, until: LATER }] }),
        waitlist: { before: [], position: 1, waitingCount: 1, isLonger: false },
      }),
    },
  ],
  [
    'blocked by a rate',
    blocked,
    ['rateLimited'],
    /gate one allows 2 starts in 60 s; the next start is possible at 2026-11-21T12:00:50/,
    {
      context: at({
        requirement: requirement({ limits: { rate: { count: 2, periodMs: MINUTE } } }),
        row: gate({ holders: [], starts: [NOON - 10_000, NOON - 5_000], dueAt: NOON + 50_000 }),
      }),
      next: NOON + 50_000,
    },
  ],
  [
    'blocked at a gate that has a free place again',
    blocked,
    ['admitting'],
    /gate one has a free place and is about to admit the next task/,
    { context: at({ requirement: requirement(), row: gate({ holders: [], dueAt: NOON }) }), next: NOON },
  ],
  [
    'blocked with a reserved place',
    blocked,
    ['admitting'],
    /gate one has reserved a place for the task/,
    {
      context: at({
        requirement: requirement(),
        row: gate({ holders: [{ task: 'acme/task1', epoch: 1, until: LATER, reservedAt: NOON }] }),
      }),
    },
  ],
  [
    'blocked by a pause, which only a caller ends',
    blocked,
    ['paused'],
    /gate one has been paused by user:alice since 2026-11-21T11:59:00.000Z: the month is being closed/,
    { context: at({ requirement: requirement({ control: PAUSED }), row: gate(), waitlist: WAITLIST }), next: 'never' },
  ],
  [
    'due, with a busy gate before it',
    scheduled,
    ['gateBusy', 'due'],
    /the only place of gate one is taken by other$/,
    { context: at({ requirement: requirement(), row: gate() }) },
  ],
  [
    'due, with other tasks on the waitlist',
    scheduled,
    ['gateBusy', 'due'],
    /other tasks are on the waitlist of gate one/,
    { context: at({ requirement: requirement(), row: gate({ holders: [] }) }) },
  ],
  ['due, with an idle gate before it', scheduled, ['due'], /due/, { context: at({ requirement: requirement() }) }],
  [
    'before its time, with a busy gate and a pause before it',
    soon,
    ['beforeItsTime', 'paused'],
    /the task is due at/,
    {
      context: at(
        { requirement: requirement(), row: gate() },
        { requirement: requirement({ ref: 'acme/tenant', control: PAUSED }) },
      ),
    },
  ],
  [
    'admitted',
    nextRow(blocked, { name: 'admit', at: NOON, by: 'system:gate', gate: GATE }),
    ['due'],
    /due/,
    { context: at({ requirement: requirement(), row: gate() }) },
  ],
]

describe('the explanation of a task at a gate', () => {
  explained(CASES)

  test('contains the holders and the tasks ahead as data', () => {
    const { reasons } = explain(blocked, NOON, {
      ...CONTEXT,
      ...at({ requirement: requirement(), row: gate(), waitlist: WAITLIST }),
    })
    expect(reasons[0]).toEqual({
      code: 'gateBusy',
      message: expect.any(String),
      since: NOON,
      data: { gate: 'key.one', limit: 1, holders: ['other'], position: 3, waiting: 7, behind: ['b1', 'b2'] },
    })
  })
})
