import type { Task } from '../api/schemas/task.ts'
import type { LogLine } from './log.ts'

/** Everything there is to know of a task that is not as it was expected to be, for the message of an error. */
export const accountOf = (task: Task, expected: string, now: string, lines: readonly LogLine[]): string => {
  const { id, type, tenant, state, attempt, dueAt, error, output, history } = task
  // The engine's own lines, one for each transition, say what the history says.
  const said = lines.filter(
    ({ message, fields }) => fields.taskId === id && fields.tenant === tenant && !message.startsWith('task.'),
  )
  return [
    `task ${id} (${type}, tenant ${tenant}) was expected ${expected}, but it is ${state} after ${attempt} attempts`,
    `  now: ${now}${dueAt ? `, next due ${dueAt}` : ', and nothing but a command will move it'}`,
    ...(error ? [`  error: ${error.code}: ${error.message}${error.retriable ? ' (retriable)' : ''}`] : []),
    ...(output === undefined ? [] : [`  output: ${JSON.stringify(output)}`]),
    '  history:',
    ...history.map(({ at, state, by, reason }) => `    ${at} ${state} by ${by}${reason ? ` (${reason})` : ''}`),
    ...(said.length > 0 ? ['  log:'] : []),
    ...said.map(({ at, level, message, fields }) => `    ${at} ${level} ${message}${shown(fields)}`),
  ].join('\n')
}

/** What every line of the task has is left out. */
const shown = ({ tenant: _, taskId: __, type: ___, lane: ____, ...rest }: LogLine['fields']): string =>
  Object.entries(rest)
    .map(([name, value]) => ` ${name}=${value instanceof Error ? value.message : JSON.stringify(value)}`)
    .join('')
