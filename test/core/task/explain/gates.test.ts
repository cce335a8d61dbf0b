import { describe, expect, test } from 'vitest'
import type { GateRequirement } from '../../../../core/gate/requirements.ts'
import type { GateRow } from '../../../../core/gate/row.ts'
import { explain } from '../../../../core/task/explain/explain.ts'
import type { ExplainContext, GateView, WaitlistView } from '../../../../core/task/explain/reason.ts'
import { GATE, LATER, NOON, said } from '../rows.ts'
import { AROUND, type Case, explained, MINUTE, scheduled, soon } from './cases.ts'

const blocked = said(scheduled, { name: 'block', at: NOON, by: 'system:gate', gate: GATE, held: [] })
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
const use = (more: Partial<GateRequirement> = {}): GateRequirement => ({
  ref: GATE,
  limits: { limit: 1 },
  revision: 0,
  onBusy: 'wait',
  ...more,
})
const LINE: WaitlistView = { before: ['acme/b1', 'acme/b2'], position: 3, waitingCount: 7, isLonger: false }
const at = (...gates: readonly GateView[]): Partial<ExplainContext> => ({ gates })
const PAUSED = { paused: { at: NOON - MINUTE, by: 'user:alice', reason: 'the month is being closed' } }

const CASES: readonly Case[] = [
  [
    'blocked at a full gate',
    blocked,
    ['gateBusy'],
    /the one place of gate one is taken, by other; it is at position 3 of 7, behind b1, b2$/,
    { around: at({ requirement: use(), row: gate(), waitlist: LINE }), next: NOON + MINUTE },
  ],
  [
    'blocked with a deadline that comes first',
    { ...blocked, expiresAt: NOON + 1_000, dueAt: NOON + 1_000 },
    ['gateBusy', 'deadline'],
    /taken, by other; more than 100 wait before it$/,
    {
      around: at({ requirement: use(), row: gate(), waitlist: { before: [], waitingCount: 100, isLonger: true } }),
      next: NOON + 1_000,
    },
  ],
  [
    'blocked and not yet in line',
    blocked,
    ['gateBusy'],
    /about to join the line$/,
    { around: at({ requirement: use(), row: gate(), waitlist: { before: [], waitingCount: 0, isLonger: false } }) },
  ],
  [
    "blocked behind other tenants' tasks, of which it hears only the number",
    { ...blocked, blocked: 'carillon/type.greet' },
    ['gateBusy'],
    /the one place of task type greet \(of all tenants\) is taken, by 1 of other tenants; .* position 1 of 1$/,
    {
      around: at({
        requirement: use({ ref: 'carillon/type.greet' }),
        row: gate({ tenant: 'carillon', id: 'type.greet', holders: [{ task: 'umbrella/secret', epoch: 1, until: LATER }] }),
        waitlist: { before: [], position: 1, waitingCount: 1, isLonger: false },
      }),
    },
  ],
  [
    'blocked by a rate',
    blocked,
    ['rateLimited'],
    /gate one lets 2 start in 60 s, and the next one at 2026-11-21T12:00:50/,
    {
      around: at({
        requirement: use({ limits: { rate: { count: 2, periodMs: MINUTE } } }),
        row: gate({ holders: [], starts: [NOON - 10_000, NOON - 5_000], dueAt: NOON + 50_000 }),
      }),
      next: NOON + 50_000,
    },
  ],
  [
    'blocked at a gate that has room again',
    blocked,
    ['admitting'],
    /gate one has room and is about to call the next/,
    { around: at({ requirement: use(), row: gate({ holders: [], dueAt: NOON }) }), next: NOON },
  ],
  [
    'called, and not yet told',
    blocked,
    ['admitting'],
    /gate one has called it/,
    {
      around: at({
        requirement: use(),
        row: gate({ holders: [{ task: 'acme/task1', epoch: 1, until: LATER, reservedAt: NOON }] }),
      }),
    },
  ],
  [
    'blocked by a pause, which only a person ends',
    blocked,
    ['paused'],
    /gate one has been paused by user:alice since 2026-11-21T11:59:00.000Z: the month is being closed/,
    { around: at({ requirement: use({ control: PAUSED }), row: gate(), waitlist: LINE }), next: 'never' },
  ],
  [
    'due, with a busy gate before it',
    scheduled,
    ['gateBusy', 'due'],
    /the one place of gate one is taken, by other$/,
    { around: at({ requirement: use(), row: gate() }) },
  ],
  [
    'due, where others stand in line',
    scheduled,
    ['gateBusy', 'due'],
    /others stand in the line of gate one/,
    { around: at({ requirement: use(), row: gate({ holders: [] }) }) },
  ],
  ['due, with an idle gate before it', scheduled, ['due'], /due/, { around: at({ requirement: use() }) }],
  [
    'before its time, with a busy gate and a pause before it',
    soon,
    ['beforeItsTime', 'paused'],
    /its time/,
    { around: at({ requirement: use(), row: gate() }, { requirement: use({ ref: 'acme/tenant', control: PAUSED }) }) },
  ],
  [
    'admitted',
    said(blocked, { name: 'admit', at: NOON, by: 'system:gate', gate: GATE }),
    ['due'],
    /due/,
    { around: at({ requirement: use(), row: gate() }) },
  ],
]

describe('a task at a gate explains itself', () => {
  explained(CASES)

  test('and names who is inside and who is before it for programs as well', () => {
    const { reasons } = explain(blocked, NOON, { ...AROUND, ...at({ requirement: use(), row: gate(), waitlist: LINE }) })
    expect(reasons[0]).toEqual({
      code: 'gateBusy',
      message: expect.any(String),
      since: NOON,
      data: { gate: 'key.one', limit: 1, holders: ['other'], position: 3, waiting: 7, behind: ['b1', 'b2'] },
    })
  })
})
