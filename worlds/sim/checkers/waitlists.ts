import { taskAtPlace } from '../../../core/gate/row.ts'
import { iso } from '../../../core/instant.ts'
import { changesOf, entriesOf, gateName, type History } from '../history.ts'
import type { Checker } from './checker.ts'

/** Whoever turns a gate reads its line at most this long before it writes whom it calls: the time of its function, and a clock's error. */
const LOOK_MS = 61_000

/**
 * A line is served in the order of its places (priority with ageing, then first in first out): nobody is called while
 * somebody who has long stood before it is not. Together with the bound on what a priority is worth, nobody starves.
 */
export const servesInOrder: Checker = (history) =>
  changesOf(history, 'gate').flatMap(({ at, before, after }) => {
    const gate = gateName(after)
    const inside = new Set(after.holders.map(({ task }) => task))
    const called = after.holders.filter(
      (holder) => holder.reservedAt !== undefined && !before?.holders.some(({ task }) => task === holder.task),
    )
    const standing = standingAt(history, gate, at)
    return called.flatMap(({ task }) => {
      const place = standing.find((it) => taskAtPlace(it.place) === task)?.place
      if (!place) return []
      const passed = standing.find((it) => it.place < place && it.since < at - LOOK_MS && !inside.has(taskAtPlace(it.place)))
      if (!passed) return []
      const message = `it was called to ${gate} before ${taskAtPlace(passed.place)}, which stood before it since ${iso(passed.since)}`
      return [{ task, at, message }]
    })
  })

type Standing = { readonly place: string; readonly since: number }

/** Who stood in a line just before this time. */
const standingAt = (history: History, gate: string, at: number): readonly Standing[] => {
  const standing = new Map<string, number>()
  for (const move of entriesOf(history, 'waitlist')) {
    if (move.at > at) break
    if (gateName(move) !== gate) continue
    if (move.value === undefined) standing.delete(move.place)
    else if (!standing.has(move.place)) standing.set(move.place, move.at)
  }
  return [...standing].map(([place, since]) => ({ place, since }))
}
