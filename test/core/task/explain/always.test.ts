import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRefusal } from '../../../../core/refusal.ts'
import { decideTask } from '../../../../core/task/decide.ts'
import { explain } from '../../../../core/task/explain/explain.ts'
import type { ExplainContext } from '../../../../core/task/explain/reason.ts'
import type { TaskRow } from '../../../../core/task/row.ts'
import { commandOf, create, GATE, KEY, NOON, nextRow, VERBS } from '../rows.ts'

/** Any row that commands can produce, at any time after its last commit. */
const rows = fc
  .record({
    ready: fc.boolean(),
    notBefore: fc.integer({ min: NOON, max: NOON + 1_000_000 }),
    expiresAt: fc.option(fc.integer({ min: NOON, max: NOON + 2_000_000 }), { nil: undefined }),
    steps: fc.array(fc.record({ verb: fc.constantFrom(...VERBS), after: fc.integer({ min: 0, max: 400_000 }) }), {
      maxLength: 30,
    }),
    later: fc.integer({ min: 0, max: 3_000_000 }),
  })
  .map(({ ready, notBefore, expiresAt, steps, later }) => {
    let at = NOON
    let row: TaskRow = nextRow(undefined, create({ ready, notBefore, ...(expiresAt === undefined ? {} : { expiresAt }) }))
    for (const { verb, after } of steps) {
      at += after
      const next = decideTask(KEY, row, commandOf(verb, row, at))
      if (!isRefusal(next)) row = next
    }
    return { row, now: at + later }
  })

const contexts = fc.record({
  environmentId: fc.constant('test'),
  isTypeRegistered: fc.boolean(),
  isLaneDeployed: fc.boolean(),
  gates: fc.array(
    fc.record({
      requirement: fc.record({
        ref: fc.constant(GATE),
        limits: fc.constantFrom({}, { limit: 1 }, { rate: { count: 1, periodMs: 60_000 } }),
        control: fc.constantFrom({}, { paused: { at: NOON, by: 'user:alice' } }),
        revision: fc.constant(0),
        onBusy: fc.constant('wait' as const),
      }),
    }),
    { minLength: 1, maxLength: 1 },
  ),
}) satisfies fc.Arbitrary<ExplainContext>

test('every task has a reason with a message, and the next change is never in the past', () => {
  fc.assert(
    fc.property(rows, contexts, ({ row, now }, context) => {
      const { summary, reasons, nextChangeAt } = explain(row, now, context)
      expect(reasons.length).toBeGreaterThan(0)
      for (const { message } of reasons) expect(message).not.toMatch(/undefined|NaN|unknown actor|: $/)
      expect(summary).toContain(reasons[0]?.message)
      if (nextChangeAt !== undefined) expect(nextChangeAt).toBeGreaterThanOrEqual(now)
    }),
    { numRuns: 2_000 },
  )
})
