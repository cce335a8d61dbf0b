import { isDeepStrictEqual } from 'node:util'
import type { Task } from '../api/schemas/task.ts'
import type { Delay, Json } from '../core/define.ts'
import { iso } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { isOpen, type TaskState } from '../core/task/row.ts'
import { accountOf } from './account.ts'
import type { Doors } from './doors.ts'
import type { LogLine } from './log.ts'
import { type HandTime, msOf } from './time.ts'

/** How far the world may be driven for it, in virtual time. @default 30 days */
type Within = { readonly within?: Delay }

/**
 * What is expected of a task. Each one drives the world as far as it needs to, answers the task as it then is, and throws
 * an error that shows the task's state, error, history and log when it is otherwise.
 */
export type Expectation = {
  /** It ends `succeeded`, and with exactly this output if one is given. */
  readonly toSucceed: (more?: Within & { readonly output?: Json }) => Promise<Task>
  /** It ends `failed`, and with an error of this code if one is given. */
  readonly toFail: (more?: Within & { readonly code?: string }) => Promise<Task>
  /** It is in this state, now or later. */
  readonly toBe: (state: TaskState, more?: Within) => Promise<Task>
  /** It has been started this often, now or later; what comes after that is not looked at. */
  readonly toHaveAttempts: (count: number, more?: Within) => Promise<Task>
}

/** What an expectation needs of its world. */
export type Seen = {
  readonly doors: Doors
  readonly time: HandTime
  readonly lines: readonly LogLine[]
  /** Is there nothing left that could happen? */
  readonly isAtRest: () => boolean
}

/** Expects something of a task. */
export const expectationOf = (seen: Seen, id: string): Expectation => {
  const look = async (): Promise<Task | undefined> => {
    const { status, body } = await seen.doors.ask('GET', `/v1/tasks/${id}`)
    return status === 200 ? (body as Task) : undefined
  }

  const drive = async (isThere: (task: Task) => boolean, within: Delay = LIMITS.testExpectWithinMs): Promise<Task> => {
    const isOver = async () => {
      const task = await look()
      return (task !== undefined && isThere(task)) || seen.isAtRest()
    }
    if (!(await isOver())) await seen.time.runTo(seen.time.now() + msOf(within), isOver)
    // A failure task comes into being on the way. One that has not says so in the API's words.
    return seen.doors.get(id)
  }

  const must = (holds: boolean, task: Task, expected: string): Task => {
    if (holds) return task
    throw new Error(accountOf(task, expected, iso(seen.time.now()), seen.lines))
  }

  return {
    toSucceed: async ({ within, ...more } = {}) => {
      const task = await drive(hasEnded, within)
      must(task.state === 'succeeded', task, 'to succeed')
      const isOutput = !('output' in more) || isDeepStrictEqual(task.output, more.output)
      return must(isOutput, task, `to succeed with the output ${JSON.stringify(more.output)}`)
    },
    toFail: async ({ within, code } = {}) => {
      const task = await drive(hasEnded, within)
      must(task.state === 'failed', task, 'to fail')
      return must(code === undefined || task.error?.code === code, task, `to fail with the code ${code}`)
    },
    toBe: async (state, { within } = {}) => {
      const task = await drive((now) => now.state === state || hasEnded(now), within)
      return must(task.state === state, task, `to be ${state}`)
    },
    toHaveAttempts: async (count, { within } = {}) => {
      const task = await drive((now) => now.attempt >= count || hasEnded(now), within)
      return must(task.attempt === count, task, `to have been started ${count} times`)
    },
  }
}

const hasEnded = ({ state }: Task): boolean => !isOpen(state)
