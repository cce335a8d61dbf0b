import { isOutcome, type Outcome } from '../../core/define.ts'
import { defined } from '../../core/defined.ts'
import type { DurationMs } from '../../core/duration.ts'
import { excerpt } from '../../core/excerpt.ts'
import { jsonAnswer } from '../../core/json-answer.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Json } from '../../core/row/json.ts'
import type { Result } from '../../core/task/outcome.ts'
import { messageOf, namesOf, partOf } from '../../core/thrown.ts'

/** The result of a handler before its output is stored. */
export type HandlerResult = Exclude<Result, { outcome: 'succeeded' }> | { readonly outcome: 'succeeded'; readonly json?: Json }

/** Reads the return value of a handler: an outcome (`retryLater`, `giveUp`…) or a JSON value. Any other value fails the task as `NotAnAnswer`. */
export const resultOf = (value: unknown): HandlerResult => {
  if (isOutcome(value)) return fromVocabulary(value)
  const answer = jsonAnswer(value)
  if ('fault' in answer) return notAnAnswer(`${answer.fault}, which JSON cannot carry`)
  return { outcome: 'succeeded', ...defined({ json: answer.json }) }
}

const ALLOWED = 'JSON, retryLater(…), giveUp(…), snooze(…), conflict(…) or wait(…)'
const notAnAnswer = (what: string): FailedResult =>
  failure('NotAnAnswer', `the handler returned ${what}; it may return ${ALLOWED}`, false)

const fromVocabulary = (answer: Outcome): HandlerResult => {
  const text = textOf(answer.reason)
  const reason = text === '' ? {} : { reason: text }
  switch (answer.outcome) {
    case 'retryLater':
      return (
        delayFault(answer.delayMs) ?? {
          ...failure('RetryLater', text, true),
          ...(answer.delayMs === undefined ? {} : { delayMs: roundUp(answer.delayMs) }),
        }
      )
    case 'giveUp':
      return failure(textOf(answer.code ?? 'GaveUp'), text, false)
    case 'snooze':
      // A handler that always answers `snooze(0)` would use up its snoozes, and a worker, within seconds.
      return (
        delayFault(answer.delayMs) ?? {
          outcome: 'snoozed',
          delayMs: Math.max(LIMITS.snoozeLeastMs, roundUp(answer.delayMs)),
          ...reason,
        }
      )
    case 'conflict':
      return { outcome: 'conflicted', error: { code: 'Conflict', message: bounded(text), retriable: false } }
    case 'wait': {
      const { forMs } = answer
      return delayFault(forMs) ?? { outcome: 'waiting', ...(forMs === undefined ? {} : { forMs: roundUp(forMs) }), ...reason }
    }
    default:
      // An outcome of another version of this library, which has the same mark.
      return notAnAnswer('an outcome that this version of Carillon does not support')
  }
}

/** A reason as text. A handler in JavaScript can pass any value, and often passes the error that it has caught. */
const textOf = (reason: unknown): string => (reason === undefined ? '' : typeof reason === 'string' ? reason : messageOf(reason))

/** Refuses a NaN or a delay beyond the horizon: the task would never be woken. */
const delayFault = (ms: number | undefined): FailedResult | undefined =>
  ms === undefined || (ms >= 0 && ms <= LIMITS.snoozeMostMs)
    ? undefined
    : failure('BadDelay', `the handler returned a delay of ${ms} ms; it must be 0 to ${LIMITS.snoozeMostMs}`, false)

/** Instants are whole milliseconds. A delay is rounded up, so that no task starts early. */
const roundUp = Math.ceil

const codeOf = (code: string): string => excerpt(code, LIMITS.errorCodeCount)

type FailedResult = Extract<Result, { outcome: 'failed' }>

/** A failed attempt. */
export const failure = (code: string, message: string, retriable: boolean): FailedResult => ({
  outcome: 'failed',
  error: { code: codeOf(code), message: bounded(message), retriable },
})

/** An attempt that took too long. A policy's list of retriable errors applies to it as to any error. */
export const timedOut = (timeoutMs: DurationMs): FailedResult => ({
  ...failure('Timeout', `the attempt took longer than its ${timeoutMs} ms`, true),
  thrown: { names: ['Timeout'] },
})

/**
 * A thrown value as a failed attempt. A boolean `retriable` of the error decides. Without it the error is retriable, and the
 * result has the error's names and code for the policy's list of retriable errors.
 */
export const failedBy = (thrown: unknown): FailedResult => {
  const [names, message, code, retriable] = [namesOf(thrown), messageOf(thrown), codeIn(thrown), partOf(thrown, 'retriable')]
  const isDecided = typeof retriable === 'boolean'
  // Like Business Central's `Error('')`: an error without any text ends the task and is not retried.
  if (message === '' && names.every((name) => name === 'Error') && code === undefined && !isDecided)
    return failure('Empty', '', false)
  const failed = failure(typeof code === 'string' ? code : names[0], message, isDecided ? retriable : true)
  return isDecided ? failed : { ...failed, thrown: { names, ...(code === undefined ? {} : { code: String(code) }) } }
}

const codeIn = (thrown: unknown): string | number | undefined => {
  const code = partOf(thrown, 'code')
  return (typeof code === 'string' && code !== '') || typeof code === 'number' ? code : undefined
}

const bounded = (text: string): string =>
  text.length <= LIMITS.errorMessageCount ? text : `${excerpt(text, LIMITS.errorMessageCount - 1)}…`

/**
 * The stack of a thrown value and of its causes, at most `LIMITS.stackBytes`, without the frames of Node itself, which do
 * not concern the handler. Undefined when the value has no stack.
 */
export const stackOf = (thrown: unknown): string | undefined => {
  const lines = stacksIn(thrown)
    .map((stack, index) => (index === 0 ? stack : `caused by ${stack}`))
    .flatMap((stack) => stack.split('\n').filter((line) => !isRuntime(line)))
  const text = boundedStack(lines.join('\n'))
  return text === '' ? undefined : text
}

/** Number of stacks that are stored: the error and its causes. Causes can form a circle. */
const STACKS_COUNT = 4

const stacksIn = (thrown: unknown): readonly string[] => {
  const stacks: string[] = []
  for (let each = thrown; stacks.length < STACKS_COUNT; each = partOf(each, 'cause')) {
    const stack = partOf(each, 'stack')
    if (typeof stack !== 'string' || stack === '') break
    stacks.push(stack)
  }
  return stacks
}

const isRuntime = (line: string): boolean => /^\s+at .*\(?node:/.test(line)

const boundedStack = (text: string): string => {
  const bytes = Buffer.from(text)
  if (bytes.length <= LIMITS.stackBytes) return text
  // A cut in the middle of a character leaves a replacement character, which is removed.
  return `${bytes
    .subarray(0, LIMITS.stackBytes - 3)
    .toString()
    .replace(/\uFFFD$/, '')}…`
}
