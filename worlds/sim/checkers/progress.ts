import { taskKey } from '../history.ts'
import { PROGRESS_FAILED } from '../workload/behaviours.ts'
import type { Checker } from './checker.ts'

/** Progress is told about the work and never breaks it, however odd it is: no heartbeat throws because of it. */
export const toldWithoutHarm: Checker = ({ runs }) =>
  runs.flatMap((run) =>
    run.outcome === PROGRESS_FAILED
      ? [{ task: taskKey(run), at: run.at, message: `attempt ${run.attempt} was disturbed by its progress` }]
      : [],
  )
