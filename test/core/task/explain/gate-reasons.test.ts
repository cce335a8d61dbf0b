import { describe, expect, test } from 'vitest'
import type { GateRow } from '../../../../core/gate/row.ts'
import { iso } from '../../../../core/instant.ts'
import { gateWords } from '../../../../core/task/explain/gates.ts'
import type { GateView, WaitlistView } from '../../../../core/task/explain/reason.ts'
import { GATE, NOON, nextRow } from '../rows.ts'
import { MINUTE, scheduled, soon, whole } from './cases.ts'

const blocked = nextRow(scheduled, { name: 'block', at: NOON, by: 'system:gate', gate: GATE, held: [] })
const late = NOON + 5 * MINUTE

describe('the reasons of a task at a gate, with their times and facts', () => {
  const gate = (more: Partial<GateRow> = {}): GateRow => ({
    kind: 'gate',
    tenant: 'acme',
    id: 'key.one',
    version: 3,
    epoch: 3,
    updatedAt: NOON,
    limits: { limit: 1 },
    revision: 0,
    holders: [],
    ...more,
  })
  const holders = (...tasks: readonly string[]) => tasks.map((task) => ({ task, epoch: 1, until: late }))
  const view = (row: Partial<GateRow> | undefined, more: Partial<GateView['requirement']> = {}, waitlist?: WaitlistView) => ({
    gates: [
      {
        requirement: { ref: GATE, limits: { limit: 1 }, revision: 0, onBusy: 'wait' as const, ...more },
        ...(row ? { row: gate(row) } : {}),
        ...(waitlist ? { waitlist } : {}),
      },
    ],
  })
  const pause = { at: NOON - 1, by: 'user:alice' }
  const first: WaitlistView = { before: [], position: 1, waitingCount: 1, isLonger: false }
  const six = ['acme/a', 'acme/b', 'acme/c', 'acme/d', 'acme/e', 'acme/f']

  whole([
    [
      'paused',
      blocked,
      NOON,
      [
        {
          code: 'paused',
          message: `gate one has been paused by user:alice since ${iso(NOON - 1)}`,
          since: NOON - 1,
          data: { gate: 'key.one', by: 'user:alice', position: 1, waiting: 1, behind: [] },
        },
      ],
      view({}, { control: { paused: pause } }, first),
    ],
    [
      'paused for all tenants, with a reason, before its time',
      soon,
      NOON,
      [
        expect.objectContaining({ code: 'beforeItsTime' }),
        {
          code: 'paused',
          message: `task type greet (of all tenants) has been paused by user:alice since ${iso(NOON - 1)}: the month ends`,
          since: NOON - 1,
          data: { gate: 'type.greet', across: 'all', by: 'user:alice', reason: 'the month ends' },
        },
      ],
      view(undefined, { ref: 'carillon/type.greet', control: { paused: { ...pause, reason: 'the month ends' } } }),
    ],
    [
      'full, with many holders and many tasks ahead',
      blocked,
      NOON,
      [
        {
          code: 'gateBusy',
          message:
            'all 6 places of gate one are taken by a, b, c, d, e, 1 more; the task is at position 7 of more than 9 on the waitlist, behind a, b, c, d, e, 1 more',
          since: NOON,
          data: {
            gate: 'key.one',
            limit: 6,
            holders: ['a', 'b', 'c', 'd', 'e', 'f'],
            position: 7,
            waiting: 9,
            waitingMore: true,
            behind: ['a', 'b', 'c', 'd', 'e'],
          },
        },
      ],
      view({ holders: holders(...six) }, { limits: { limit: 6 } }, { before: six, position: 7, waitingCount: 9, isLonger: true }),
    ],
    [
      "full of other tenants' tasks",
      scheduled,
      NOON,
      [
        {
          code: 'gateBusy',
          message: 'all 2 places of gate one are taken by 2 tasks of other tenants',
          data: { gate: 'key.one', limit: 2, holders: [] },
        },
        expect.objectContaining({ code: 'due' }),
      ],
      view({ holders: holders('umbrella/x', 'umbrella/y') }, { limits: { limit: 2 } }),
    ],
    [
      'at a rate of one start',
      blocked,
      NOON,
      [
        {
          code: 'rateLimited',
          message: `gate one allows 1 start in 60 s; the next start is possible at ${iso(NOON + MINUTE)}; the task is at position 1 of 1 on the waitlist`,
          since: NOON,
          until: NOON + MINUTE,
          data: { gate: 'key.one', position: 1, waiting: 1, behind: [] },
        },
      ],
      view({ starts: [NOON] }, { limits: { rate: { count: 1, periodMs: MINUTE } } }, first),
    ],
    [
      'about to be admitted',
      blocked,
      NOON,
      [
        {
          code: 'admitting',
          message:
            'gate one has a free place and is about to admit the next task; the task is at position 1 of 1 on the waitlist',
          since: NOON,
          data: { gate: 'key.one', position: 1, waiting: 1, behind: [] },
        },
      ],
      view({ starts: [NOON - MINUTE] }, { limits: { rate: { count: 1, periodMs: MINUTE } } }, first),
    ],
    [
      'with a reserved place',
      blocked,
      NOON,
      [
        {
          code: 'admitting',
          message: 'gate one has reserved a place for the task, and the task is about to start',
          since: NOON,
          data: { gate: 'key.one' },
        },
      ],
      view({ holders: holders('acme/task1') }),
    ],
    [
      'before it joins the waitlist',
      scheduled,
      NOON,
      [
        {
          code: 'gateBusy',
          message: 'other tasks are on the waitlist of gate one, and the task will join it',
          data: { gate: 'key.one' },
        },
        expect.objectContaining({ code: 'due' }),
      ],
      view({ waitlist: true }),
    ],
  ])

  test.each([
    ['acme/key.one', 'gate one'],
    ['acme/type.copy', 'task type copy'],
    ['acme/lane.low', 'lane low'],
    ['acme/tenant', 'tenant acme'],
    ['carillon/tenant', 'the deployment (of all tenants)'],
    ['carillon/lane.low', 'lane low (of all tenants)'],
    ['acme/type.my.key.x', 'task type my.key.x'],
  ])('the gate %s is called %s', (ref, words) => expect(gateWords(ref, 'acme')).toBe(words))
})
