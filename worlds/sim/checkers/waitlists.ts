import { taskAtPlace } from '../../../core/gate/row.ts'
import { iso } from '../../../core/instant.ts'
import { changesOf, entriesOf, gateName, type History } from '../history.ts'
import type { Checker } from './checker.ts'

/** A dispatch reads the waitlist at most this long before it writes the reservations: its function's time and a clock's skew. */
const DISPATCH_MS = 61_000

/**
 * A waitlist is served in the order of its places (priority with ageing, then first in, first out): no task is admitted while
 * a task at an earlier place waits. Because the advantage of a priority is bounded, no task waits for ever.
 */
export const servesInOrder: Checker = (history) =>
  changesOf(history, 'gate').flatMap(({ at, before, after }) => {
    const gate = gateName(after)
    const holders = new Set(after.holders.map(({ task }) => task))
    const admitted = after.holders.filter(
      (holder) => holder.reservedAt !== undefined && !before?.holders.some(({ task }) => task === holder.task),
    )
    const waiting = waitingAt(history, gate, at)
    return admitted.flatMap(({ task }) => {
      const place = waiting.find((it) => taskAtPlace(it.place) === task)?.place
      if (!place) return []
      const earlier = waiting.find((it) => it.place < place && it.since < at - DISPATCH_MS && !holders.has(taskAtPlace(it.place)))
      if (!earlier) return []
      const message = `the task was admitted to ${gate} before ${taskAtPlace(earlier.place)}, which waited at an earlier place since ${iso(earlier.since)}`
      return [{ task, at, message }]
    })
  })

type Waiting = { readonly place: string; readonly since: number }

/** The tasks on a waitlist just before this time. */
const waitingAt = (history: History, gate: string, at: number): readonly Waiting[] => {
  const waiting = new Map<string, number>()
  for (const move of entriesOf(history, 'waitlist')) {
    if (move.at > at) break
    if (gateName(move) !== gate) continue
    if (move.value === undefined) waiting.delete(move.place)
    else if (!waiting.has(move.place)) waiting.set(move.place, move.at)
  }
  return [...waiting].map(([place, since]) => ({ place, since }))
}
