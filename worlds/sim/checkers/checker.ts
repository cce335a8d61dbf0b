import { type Instant, iso } from '../../../core/instant.ts'
import type { History } from '../history.ts'

/** A law that was broken: by which task, when, and how. */
export type Violation = { readonly task: string; readonly at: Instant; readonly message: string }

/** One law of the house, told by what was seen to happen. */
export type Checker = (history: History) => readonly Violation[]

/** The command that shows a run again. */
export const replay = (seed: number): string => `npm run simulate -- --seeds 1 --from ${seed}`

/** A violation as a person reads it: which law, which task, when, in which run, and how to see it again. */
export const describe = (law: string, seed: number, { task, at, message }: Violation): string =>
  `${law}: task ${task} at ${iso(at)}: ${message} (seed ${seed}; again: ${replay(seed)})`
