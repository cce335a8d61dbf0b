import { isDeepStrictEqual } from 'node:util'
import type { Task } from '../api/schemas/task.ts'
import type { Delay, Json } from '../core/define.ts'
import { iso } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { isOpen, type TaskState } from '../core/task/row.ts'
import type { TenantClient } from './tenant-client.ts'
import { type LogLine, msOf, type TestTime } from './time.ts'

/** The longest virtual time that may pass for the expectation. @default 30 days */
type Within = { readonly within?: Delay }

/**
 * Expectations of a task. Each one lets time pass until it is met, then returns the task. When it is not met, it throws an
 * error that shows the task's state, error, history and log.
 */
export type Expectation = {
  /** The task ends `succeeded`, with exactly this output if one is given. */
  readonly toSucceed: (more?: Within & { readonly output?: Json }) => Promise<Task>
  /** The task ends `failed`, with an error of this code if one is given. */
  readonly toFail: (more?: Within & { readonly code?: string }) => Promise<Task>
  /** The task is in this state, now or later. */
  readonly toBe: (state: TaskState, more?: Within) => Promise<Task>
  /** The task has been started this many times, now or later. Attempts after that are not checked. */
  readonly toHaveAttempts: (count: number, more?: Within) => Promise<Task>
}

/** The parts of the world that an expectation needs. */
export type ExpectationContext = {
  readonly client: TenantClient
  readonly time: TestTime
  readonly lines: readonly LogLine[]
  /** Whether nothing can happen without a new command. */
  readonly isIdle: () => boolean
}

/** Makes the expectations of a task. */
export const expectationOf = (context: ExpectationContext, id: string): Expectation => {
  const find = async (): Promise<Task | undefined> => {
    const { status, body } = await context.client.request('GET', `/v1/tasks/${id}`)
    return status === 200 ? (body as Task) : undefined
  }

  const runUntil = async (isReached: (task: Task) => boolean, within: Delay = LIMITS.testExpectWithinMs): Promise<Task> => {
    const isOver = async () => {
      const task = await find()
      return (task !== undefined && isReached(task)) || context.isIdle()
    }
    if (!(await isOver())) await context.time.runTo(context.time.now() + msOf(within), isOver)
    // A failure task may be created only while time passes. A task that still does not exist is a 404, with the API's message.
    return context.client.get(id)
  }

  const check = (isMet: boolean, task: Task, expected: string): Task => {
    if (isMet) return task
    throw new Error(failureReport(task, expected, iso(context.time.now()), context.lines))
  }

  return {
    toSucceed: async ({ within, ...more } = {}) => {
      const task = await runUntil(hasEnded, within)
      check(task.state === 'succeeded', task, 'to succeed')
      const isOutput = !('output' in more) || isDeepStrictEqual(task.output, more.output)
      return check(isOutput, task, `to succeed with the output ${JSON.stringify(more.output)}`)
    },
    toFail: async ({ within, code } = {}) => {
      const task = await runUntil(hasEnded, within)
      check(task.state === 'failed', task, 'to fail')
      return check(code === undefined || task.error?.code === code, task, `to fail with the code ${code}`)
    },
    toBe: async (state, { within } = {}) => {
      const task = await runUntil((now) => now.state === state || hasEnded(now), within)
      return check(task.state === state, task, `to be ${state}`)
    },
    toHaveAttempts: async (count, { within } = {}) => {
      const task = await runUntil((now) => now.attempt >= count || hasEnded(now), within)
      return check(task.attempt === count, task, `to have been started ${count} times`)
    },
  }
}

const hasEnded = ({ state }: Task): boolean => !isOpen(state)

/** The error message of an expectation that is not met: the task with its error, output, history and log. */
const failureReport = (task: Task, expected: string, now: string, lines: readonly LogLine[]): string => {
  const { id, type, tenant, state, attempt, dueAt, error, output, history } = task
  // The engine's lines, one for each transition, repeat the history.
  const ownLines = lines.filter(
    ({ message, fields }) => fields.taskId === id && fields.tenant === tenant && !message.startsWith('task.'),
  )
  return [
    `task ${id} (${type}, tenant ${tenant}) was expected ${expected}, but is ${state} after ${attempt} attempts`,
    `  now: ${now}${dueAt ? `, next due ${dueAt}` : ', and only a command will change the task'}`,
    ...(error ? [`  error: ${error.code}: ${error.message}${error.retriable ? ' (retriable)' : ''}`] : []),
    ...(output === undefined ? [] : [`  output: ${JSON.stringify(output)}`]),
    '  history:',
    ...history.map(({ at, state, by, reason }) => `    ${at} ${state} by ${by}${reason ? ` (${reason})` : ''}`),
    ...(ownLines.length > 0 ? ['  log:'] : []),
    ...ownLines.map(({ at, level, message, fields }) => `    ${at} ${level} ${message}${fieldsText(fields)}`),
  ].join('\n')
}

/** Fields that every line of the task has are omitted. */
const fieldsText = ({ tenant: _, taskId: __, type: ___, lane: ____, ...rest }: LogLine['fields']): string =>
  Object.entries(rest)
    .map(([name, value]) => ` ${name}=${value instanceof Error ? value.message : JSON.stringify(value)}`)
    .join('')
