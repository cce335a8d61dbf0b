import { handle } from '../../api/http/handle.ts'
import { control } from '../../engine/control.ts'
import { handleDeadLetter } from '../../engine/dead-letters.ts'
import { execute } from '../../engine/execute/execute.ts'
import { publish } from '../../engine/publish.ts'
import { relay } from '../../engine/relay.ts'
import { sweep } from '../../engine/sweep/sweep.ts'

/** The steps that a simulation runs: the real ones, or one with a fault of its own that a checker has to notice. */
export type Engine = {
  readonly handle: typeof handle
  readonly relay: typeof relay
  readonly publish: typeof publish
  readonly execute: typeof execute
  readonly control: typeof control
  readonly handleDeadLetter: typeof handleDeadLetter
  readonly sweep: typeof sweep
}

/** The real steps. */
export const engine: Engine = { handle, relay, publish, execute, control, handleDeadLetter, sweep }
