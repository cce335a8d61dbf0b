import type { DurationMs } from '../../core/duration.ts'
import { type Process, type Role, type Shared, startProcess } from './process.ts'

/** Processes as Lambda keeps them: an idle one is used again, and one that takes too long is killed. */
export type Environments = {
  /**
   * Does a piece of work in a process. Answers what the work does; when the process dies first, `bereaved` is called
   * instead, if given, and the answer never comes.
   */
  readonly invoke: <Answer>(
    role: Role,
    timeoutMs: DurationMs,
    work: (process: Process) => Promise<Answer>,
    died?: () => void,
  ) => Promise<Answer>
}

/** Starts with no process. */
export const environmentsOn = (ground: Shared): Environments => {
  const idle: Process[] = []
  let count = 0

  const take = (role: Role): Process => {
    const index = idle.findIndex((process) => process.role === role && process.isAlive())
    const [found] = index < 0 ? [] : idle.splice(index, 1)
    return found ?? startProcess(ground, role, `${role}-${++count}`)
  }

  return {
    invoke: (role, timeoutMs, work, bereaved) =>
      new Promise((resolve, reject) => {
        const process = take(role)
        let isOver = false
        let isLate = false
        const callOff = ground.clock.at(ground.clock.now() + timeoutMs, () => {
          isLate = true
          process.timeOut()
        })
        const over = () => {
          isOver = true
          callOff()
          // Its idle time is unbounded here; a handler that ignored its signal goes on in the background, as on Lambda. One
          // that was frozen past its time has a few late words, and is never used again.
          if (process.isAlive() && !isLate) idle.push(process)
        }
        void process.death.then(() => {
          if (!isOver) bereaved?.()
        })
        work(process).finally(over).then(resolve, reject)
      }),
  }
}
