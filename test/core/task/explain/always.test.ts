import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defined } from '../../../../core/defined.ts'
import { type GateRow, gateKey } from '../../../../core/gate/row.ts'
import { iso } from '../../../../core/instant.ts'
import { isRefusal } from '../../../../core/refusal.ts'
import { decideTask } from '../../../../core/task/decide.ts'
import { explain } from '../../../../core/task/explain/explain.ts'
import type { ExplainContext } from '../../../../core/task/explain/reason.ts'
import { endIfTooOld } from '../../../../core/task/limits.ts'
import { isOpen, type TaskRow } from '../../../../core/task/row.ts'
import { runs } from '../../../property-runs.ts'
import { commandOf, create, GATE, KEY, NOON, nextRow, POLICY, VERBS } from '../rows.ts'

/** Any row that commands can produce, at any time after its last commit. */
const rows = fc
  .record({
    ready: fc.boolean(),
    notBefore: fc.integer({ min: NOON, max: NOON + 1_000_000 }),
    expiresAt: fc.option(fc.integer({ min: NOON, max: NOON + 2_000_000 }), { nil: undefined }),
    steps: fc.array(fc.record({ verb: fc.constantFrom(...VERBS), after: fc.integer({ min: 0, max: 400_000 }) }), {
      maxLength: 30,
    }),
    maxAgeMs: fc.option(fc.integer({ min: 1, max: 2_000_000 }), { nil: undefined }),
    later: fc.integer({ min: 0, max: 3_000_000 }),
  })
  .map(({ ready, notBefore, expiresAt, maxAgeMs, steps, later }) => {
    let at = NOON
    const policy = { ...POLICY, retry: { ...POLICY.retry, ...defined({ maxAgeMs }) } }
    let row: TaskRow = nextRow(undefined, create({ policy, ready, notBefore, ...defined({ expiresAt }) }))
    for (const { verb, after } of steps) {
      at += after
      const next = decideTask(KEY, row, endIfTooOld(row, at, { at, by: 'system:sweep' }, 1) ?? commandOf(verb, row, at))
      if (!isRefusal(next)) row = next
    }
    return { row, now: at + later }
  })

const EMPTY_GATE: GateRow = {
  ...gateKey(GATE),
  version: 1,
  epoch: 1,
  updatedAt: NOON,
  limits: {},
  revision: 0,
  holders: [],
}

const contexts = fc.record({
  environmentId: fc.constant('test'),
  isTypeRegistered: fc.boolean(),
  isLaneDeployed: fc.boolean(),
  gates: fc.array(
    fc
      .record({
        requirement: fc.record({
          ref: fc.constant(GATE),
          limits: fc.constantFrom({}, { limit: 1 }, { rate: { count: 1, periodMs: 60_000 } }),
          control: fc.constantFrom({}, { paused: { at: NOON, by: 'user:alice' } }),
          revision: fc.constant(0),
          onBusy: fc.constant('wait' as const),
        }),
        row: fc.option(
          fc
            .record({
              dueAt: fc.option(fc.integer({ min: NOON, max: NOON + 3_000_000 }), { nil: undefined }),
              starts: fc.option(fc.constantFrom([NOON], [NOON + 500_000]), { nil: undefined }),
              holders: fc.constantFrom([], [{ task: 'acme/other', epoch: 1, until: NOON + 100_000 }]),
            })
            .map(({ dueAt, starts, holders }) => ({ ...EMPTY_GATE, holders, ...defined({ dueAt, starts }) })),
          { nil: undefined },
        ),
      })
      .map(({ requirement, row }) => ({ requirement, ...defined({ row }) })),
    { minLength: 1, maxLength: 1 },
  ),
}) satisfies fc.Arbitrary<ExplainContext>

const INSTANT = /(\S+ \S+ )(\d{4}-\d\d-\d\dT[\d:.]+Z)/g
/** The words before an instant that has passed: they say what has been, not what is to come. */
const PAST = /since|(ended|over|succeeded) at/
/** The rule by which a task has ended may have its time, too. */
const PAST_RULE = /since|(ended|over|succeeded) at|start after/

test('no reason names a time that has passed as one that is to come', () => {
  fc.assert(
    fc.property(rows, contexts, ({ row, now }, context) => {
      for (const { code, message, since = 0, until = now, data } of explain(row, now, context).reasons) {
        expect({ code, isPast: until < now, isFuture: since > now }).toEqual({ code, isPast: false, isFuture: false })
        if (typeof data?.sweepAt === 'string') expect(Date.parse(data.sweepAt)).toBeGreaterThan(now)
        const allowed = isOpen(row.state) ? PAST : PAST_RULE
        for (const [, words = '', time = ''] of message.matchAll(INSTANT))
          if (Date.parse(time) < now) expect(words, `${message} (now ${iso(now)})`).toMatch(allowed)
      }
    }),
    runs(3_000),
  )
})

test('every task has a reason with a message, and the next change is never in the past', () => {
  fc.assert(
    fc.property(rows, contexts, ({ row, now }, context) => {
      const { summary, reasons, nextChangeAt } = explain(row, now, context)
      expect(reasons.length).toBeGreaterThan(0)
      for (const { message } of reasons) expect(message).not.toMatch(/undefined|NaN|unknown actor|: $/)
      expect(summary).toContain(reasons[0]?.message)
      if (nextChangeAt !== undefined) expect(nextChangeAt).toBeGreaterThanOrEqual(now)
    }),
    runs(2_000),
  )
})
