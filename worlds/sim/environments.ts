import type { DurationMs } from '../../core/duration.ts'
import { type Process, type Role, type Shared, startProcess } from './process.ts'
import { between, pick } from './random.ts'

/** Processes as in Lambda: an idle one is used again, and one that exceeds its timeout is killed. */
export type Environments = {
  /**
   * Does a piece of work in a process and returns its result. When the process dies first, the promise never settles and
   * `onDeath` is called.
   */
  readonly invoke: <Answer>(
    role: Role,
    timeoutMs: DurationMs,
    work: (process: Process) => Promise<Answer>,
    onDeath?: () => void,
  ) => Promise<Answer>
}

/** How soon after a process got work it is told to stop: most handlers end soon. */
const STOP_WITHIN_MS = [200, 2_000, 40_000]
/** The longest grace of an orderly stop. */
const GRACE_MS = 10_000

/** Starts without any process. */
export const environmentsOn = (shared: Shared): Environments => {
  const idle: Process[] = []
  let count = 0

  const take = (role: Role): Process => {
    const index = idle.findIndex((process) => process.role === role && process.isAlive() && !process.isStopping())
    const [found] = index < 0 ? [] : idle.splice(index, 1)
    return found ?? startProcess(shared, role, `${role}-${++count}`)
  }

  return {
    invoke: (role, timeoutMs, work, onDeath) =>
      new Promise((resolve, reject) => {
        const process = take(role)
        shared.processInvoked(process.name, shared.clock.now() + timeoutMs)
        if (role === 'execute' && shared.faults.occurs('execute stopped'))
          shared.clock.at(shared.clock.now() + between(shared.random, 0, pick(shared.random, STOP_WITHIN_MS)), () =>
            process.tellToStop(between(shared.random, 0, GRACE_MS)),
          )
        let isOver = false
        let isLate = false
        const cancelTimeout = shared.clock.at(shared.clock.now() + timeoutMs, () => {
          isLate = true
          process.timeOut()
        })
        const end = () => {
          isOver = true
          cancelTimeout()
          // Idle time has no bound here. A handler that ignored its signal continues in the background, as on Lambda. A
          // process that was frozen past its timeout is not used again.
          if (process.isAlive() && !isLate) idle.push(process)
        }
        void process.death.then(() => {
          if (!isOver) onDeath?.()
        })
        work(process).finally(end).then(resolve, reject)
      }),
  }
}
