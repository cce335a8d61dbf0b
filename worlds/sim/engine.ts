import { handle } from '../../api/http/handle.ts'
import { control } from '../../engine/control.ts'
import { handleDeadLetter } from '../../engine/dead-letters.ts'
import { execute } from '../../engine/execute/execute.ts'
import { publish } from '../../engine/publish.ts'
import { relay } from '../../engine/relay.ts'
import { sweep } from '../../engine/sweep/sweep.ts'

/** The steps that a simulation runs. A mutant replaces one of them by a faulty one, which a checker must notice. */
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
