import type { TaskType } from '../../core/define.ts'
import { formatDuration } from '../../core/duration.ts'
import { DEFAULT_LANE, type Lane } from '../../core/lanes.ts'
import { show } from '../../core/reading/messages.ts'
import { near } from '../../core/reading/suggest.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { DEFAULT_RETRY } from '../../core/retry.ts'
import type { TaskPolicy } from '../../core/task/row.ts'
import type { CreateTaskRequest } from '../../core/wire/requests.ts'
import type { App } from '../app.ts'

/** The registered type of this name, or a refusal that lists the ones that may have been meant. */
export const typeOf = (app: App, name: string, path: string): TaskType | Refusal => {
  const type = app.types.get(name)
  if (type) return type
  return notRegistered('task type', name, [...app.types.keys()], path)
}

/** The lane of this name, or a refusal that lists the ones that may have been meant. */
export const laneOf = (app: App, name: string, path: string): Lane | Refusal =>
  (Object.hasOwn(app.lanes, name) ? app.lanes[name] : undefined) ?? notRegistered('lane', name, Object.keys(app.lanes), path)

/**
 * What a task of this type is made with: what was asked for, else the type's own, else the lane's. It is fixed on the row,
 * so that a later deployment does not change a promise. A refusal's path is `/lane` or `/timeout`.
 */
export const policyOf = (
  app: App,
  type: TaskType,
  asked: Partial<Pick<CreateTaskRequest, 'lane' | 'timeout' | 'retry' | 'priority'>> = {},
): TaskPolicy | Refusal => {
  const name = asked.lane ?? type.lane ?? DEFAULT_LANE
  const lane = laneOf(app, name, '/lane')
  if (isRefusal(lane)) return lane
  const most = lane.handlerTimeoutMs
  const timeoutMs = asked.timeout ?? type.timeoutMs ?? most
  if (timeoutMs > most) {
    const path = asked.timeout === undefined ? '/lane' : '/timeout'
    const why = `${formatDuration(timeoutMs)} is longer than lane ${name} allows; the timeout must be at most ${formatDuration(most)}`
    return refuse(
      'invalid',
      `${path}: ${why}${asked.timeout === undefined ? `, and that is the one of type ${type.name}` : ''}`,
      {
        path,
      },
    )
  }
  const priority = asked.priority ?? type.priority ?? 'normal'
  return {
    type: type.name,
    schema: type.version ?? 1,
    lane: name,
    timeoutMs,
    retry: asked.retry ?? type.retry ?? DEFAULT_RETRY,
    ...(type.events ? { events: type.events } : {}),
    ...(priority === 'normal' ? {} : { priority }),
  }
}

const notRegistered = (what: string, name: string, known: readonly string[], path: string): Refusal => {
  const guesses = near(name, known)
  const meant = guesses.length > 0 ? `did you mean ${guesses.join(' or ')}? ` : ''
  return refuse(
    'invalid',
    `${path}: there is no ${what} ${show(name)}; ${meant}There are ${known.slice(0, 40).join(', ') || 'none'}`,
    {
      path,
    },
  )
}
