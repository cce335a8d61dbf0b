import { type Instant, iso } from '../../../core/instant.ts'
import type { History } from '../history.ts'

/** One case in which a law was broken. `task` names the row, or is `none`. */
export type Violation = { readonly task: string; readonly at: Instant; readonly message: string }

/** One law, checked against the history of a run. */
export type Checker = (history: History) => readonly Violation[]

/** The command that replays a seed. */
export const replay = (seed: number): string => `npm run simulate -- --seeds 1 --from ${seed}`

/** A violation as one line: law, task, time, message, seed and the command that replays it. */
export const describe = (law: string, seed: number, { task, at, message }: Violation): string =>
  `${law}: task ${task} at ${iso(at)}: ${message} (seed ${seed}; replay: ${replay(seed)})`
