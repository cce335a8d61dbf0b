import { expect, test } from 'vitest'
import type { TaskCommand } from '../../../../core/task/command.ts'
import { explain } from '../../../../core/task/explain/explain.ts'
import type { ExplainContext, Reason, ReasonCode } from '../../../../core/task/explain/reason.ts'
import type { TaskError, TaskRow } from '../../../../core/task/row.ts'
import { create, LEASE_MS, NOON, nextRow, RETENTION_MS } from '../rows.ts'

/** The context of every example of an explanation. */
export const CONTEXT: ExplainContext = { environmentId: 'test', isTypeRegistered: true, isLaneDeployed: true, gates: [] }
export const MINUTE = 60_000
export const ALICE = { by: 'user:alice' }

export const scheduled = nextRow(undefined, create())
export const running = nextRow(scheduled, { name: 'claim', at: NOON, by: 'worker:w1', epoch: 1, owner: 'w1', leaseMs: LEASE_MS })
export const soon = nextRow(undefined, create({ notBefore: NOON + MINUTE }))
export const worker = { by: 'worker:w1', at: NOON, claim: { epoch: 1, attempt: 1 } }
export const error = (code: string, retriable = false, message = 'it broke'): TaskError => ({ code, message, retriable })
export const failedBy = (it: TaskError, more: { reason?: string; final?: string } = {}, from = running): TaskRow => {
  const fail: TaskCommand = { name: 'fail', ...worker, error: it, retentionMs: RETENTION_MS, ...more }
  return nextRow(from, fail)
}

/** A row and its context at a time; then the codes of its reasons, the first message, and the time of the next change. */
export type Case = readonly [
  name: string,
  row: TaskRow,
  codes: readonly ReasonCode[],
  first: RegExp,
  more?: { readonly now?: number; readonly context?: Partial<ExplainContext>; readonly next?: number | 'never' },
]

/** Makes one test of each case. */
export const explained = (cases: readonly Case[]): void =>
  test.each(cases.map((it) => ({ name: it[0], it })))('$name', ({ it: [, row, codes, first, more = {}] }) => {
    const { now = NOON, context = {}, next } = more
    const { summary, reasons, nextChangeAt } = explain(row, now, { ...CONTEXT, ...context })
    expect(reasons.map(({ code }) => code)).toEqual(codes)
    expect(reasons[0]?.message).toMatch(first)
    expect(summary).toBe(`Task task1 is ${row.state}: ${reasons[0]?.message}`)
    if (next !== undefined) expect(nextChangeAt).toBe(next === 'never' ? undefined : next)
  })

/** A row at a time, and its reasons with all their facts. */
export type WholeCase = readonly [
  name: string,
  row: TaskRow,
  now: number,
  reasons: readonly Reason[],
  context?: Partial<ExplainContext>,
]

/** Makes one test of each case. */
export const whole = (cases: readonly WholeCase[]): void =>
  test.each(cases.map(([name, row, now, reasons, context = {}]) => ({ name, row, now, reasons, context })))(
    '$name',
    ({ row, now, reasons, context }) => {
      expect(explain(row, now, { ...CONTEXT, ...context }).reasons).toEqual(reasons)
    },
  )
