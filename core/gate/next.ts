import type { Instant } from '../instant.ts'
import { type GateRow, isFull, rateAllowsAt, termsOf } from './row.ts'

/**
 * When the gate has something to do for those who wait: call the next as soon as a place and the rate allow it, or look
 * after a holder that is silent for too long. A gate for which nobody waits needs no turning.
 */
export const nextTurn = (gate: GateRow, at: Instant): Instant | undefined => {
  const { rate, paused } = termsOf(gate)
  const lookAt = (holders: GateRow['holders']) => Math.min(...holders.map(({ until }) => until))
  const called = gate.holders.filter((holder) => holder.called !== undefined)
  // Who was called and does not come must be called again, whether or not others wait.
  const calls = called.length > 0 ? Math.max(at, lookAt(called)) : Number.POSITIVE_INFINITY
  const line =
    !gate.line || paused ? Number.POSITIVE_INFINITY : Math.max(at, isFull(gate) ? lookAt(gate.holders) : rateAllowsAt(gate, rate))
  const next = Math.min(calls, line)
  return Number.isFinite(next) ? next : undefined
}
