import { iso, parseInstant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { readJson } from '../reading/json.ts'
import { localOf } from '../recurrence/local.ts'
import { readRecurrence } from '../recurrence/recurrence.ts'
import { readTimeZone, toInstants } from '../recurrence/zone.ts'
import { isRefusal } from '../refusal.ts'
import type { Json } from '../row/json.ts'
import { type Fields, fieldsOf, type Imported, idOf, objectOf, type Taken } from './report.ts'

/** What a schedule does not say of its series. */
export type ScheduleOptions = {
  /** The task type that calls the target. It gets `{target, input}`: the ARN, and the input as JSON or as a text. */
  readonly type: string
}

/**
 * Reads an answer of EventBridge Scheduler's `GetSchedule`, as the AWS CLI or an SDK gives it.
 *
 * Source: EventBridge Scheduler API reference, *GetSchedule*, *Target*, *FlexibleTimeWindow*.
 *
 * @example readEventBridgeSchedule({ Name: 'nightly', ScheduleExpression: 'rate(1 day)', Target: { Arn: 'arn:…' } }, { type: 'call' })
 */
export const readEventBridgeSchedule = (schedule: unknown, { type }: ScheduleOptions): Imported => {
  const given = objectOf(schedule)
  if (!given) return { series: [], notCarried: [{ at: '', value: null, reason: 'a schedule must be a JSON object' }] }
  const fields = fieldsOf(given, isBlank)
  const name = fields.take('Name')
  const timeZone = zoneOf(fields, fields.take('ScheduleExpressionTimezone'))
  const recurrence = recurrenceOf(fields, fields.take('ScheduleExpression'), timeZone)
  const state = fields.take('State')
  const isPaused = state?.value === 'DISABLED'
  if (isPaused) fields.report(state, 'pause the series after it was created: POST /v1/series/{id}/pause')
  const description = fields.take('Description')
  const group = fields.take('GroupName')
  const target = fields.take('Target')
  const [call, notCarriedOfTarget] = targetOf(target)
  const body: Record<string, Json> = {
    type,
    ...call,
    timeZone,
    ...(recurrence === undefined ? {} : { recurrence }),
    ...datesOf(fields, recurrence),
    ...spreadOf(fields),
    ...(group && group.value !== 'default' ? { tags: [`group:${String(group.value)}`.slice(0, LIMITS.tagCount)] } : {}),
    ...(description === undefined ? {} : { description: String(description.value).slice(0, LIMITS.descriptionCount) }),
  }
  leaveTheRest(fields)
  const id = idOf(String(name?.value ?? 'schedule'), LIMITS.seriesIdCount)
  const series = recurrence === undefined ? [] : [{ id, body, ...(isPaused ? { isPaused: true as const } : {}) }]
  return { series, notCarried: [...fields.end(), ...notCarriedOfTarget] }
}

const isBlank = (value: Json): boolean => value === null || value === ''

const zoneOf = (fields: Fields, taken: Taken | undefined): string => {
  const zone = String(taken?.value ?? 'UTC')
  const read = readTimeZone(zone)
  if (!isRefusal(read)) return zone
  fields.report(taken as Taken, `${read.message}; the series is in UTC`)
  return 'UTC'
}

const UNITS: Readonly<Record<string, string>> = { minute: 'm', hour: 'h', day: 'd' }

const recurrenceOf = (fields: Fields, taken: Taken | undefined, timeZone: string): Record<string, Json> | undefined => {
  const text = String(taken?.value ?? '')
  const [, form, inner = ''] = /^\s*(rate|cron|at)\s*\(\s*(.*?)\s*\)\s*$/.exec(text) ?? []
  const recurrence = form === undefined ? undefined : EXPRESSIONS[form as keyof typeof EXPRESSIONS](inner, timeZone)
  if (recurrence === undefined) {
    fields.report(taken ?? { at: '/ScheduleExpression', value: null }, 'it must be rate(…), cron(…) or at(…)')
    return undefined
  }
  const read = readRecurrence(recurrence)
  if (!isRefusal(read)) return recurrence
  fields.report(taken as Taken, read.message)
  return undefined
}

const EXPRESSIONS = {
  rate: (inner: string) => {
    const [, count, unit = ''] = /^(\d+)\s+(minute|hour|day)s?$/.exec(inner) ?? []
    return count === undefined ? undefined : { rate: `${Number(count)}${UNITS[unit]}` }
  },
  cron: (inner: string) => ({ cron: inner.replaceAll(/\s+/g, ' ') }),
  /** A time on the clock of the zone: in a gap the time behind it, in a repeated hour the first one. */
  at: (inner: string, timeZone: string) => {
    const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(inner)?.slice(1).map(Number)
    if (!parts || parseInstant(`${inner}Z`) === undefined) return undefined
    const instants = toInstants(timeZone, localOf(...(parts as [number, number, number, number, number, number])))
    return { at: [iso(instants.is === 'once' ? instants.at : instants.is === 'gap' ? instants.shifted : instants.first)] }
  },
} as const

/** A date is ISO 8601 text (CLI), seconds since 1970 (the API itself), or a `Date` that was written as JSON (SDK). */
const dateOf = (fields: Fields, taken: Taken | undefined): string | undefined => {
  if (taken === undefined) return undefined
  const at = typeof taken.value === 'number' ? Math.round(taken.value * 1_000) : parseInstant(String(taken.value))
  if (at !== undefined) return iso(at)
  fields.report(taken, 'it must be a time, as ISO 8601 with offset or as seconds since 1970')
  return undefined
}

const datesOf = (fields: Fields, recurrence: Record<string, Json> | undefined): Record<string, Json> => {
  const [start, end, created] = [fields.take('StartDate'), fields.take('EndDate'), fields.take('CreationDate')]
  const [startAt, endAt] = [dateOf(fields, start), dateOf(fields, end)]
  if (recurrence && 'at' in recurrence) {
    for (const taken of [start, end]) if (taken) fields.report(taken, 'it does not apply to a schedule of one time')
    return {}
  }
  if (recurrence && 'rate' in recurrence && startAt === undefined && created)
    fields.report(created, 'the rate of a series without startAt begins when the series is created')
  return { ...(startAt === undefined ? {} : { startAt }), ...(endAt === undefined ? {} : { endAt }) }
}

const spreadOf = (fields: Fields): Record<string, Json> => {
  const taken = fields.take('FlexibleTimeWindow')
  const window = objectOf(taken?.value)
  if (!taken || window?.Mode === 'OFF') return {}
  const minutes = window?.MaximumWindowInMinutes
  if (window?.Mode === 'FLEXIBLE' && typeof minutes === 'number' && minutes >= 1) return { spread: `${minutes}m` }
  fields.report(taken, 'it must be {"Mode": "OFF"} or {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": …}')
  return {}
}

/** The input and the retry policy from a target. EventBridge Scheduler retries the delivery; the series retries the task. */
const targetOf = (
  taken: Taken | undefined,
): readonly [Record<string, Json>, readonly { at: string; value: Json; reason: string }[]] => {
  const target = objectOf(taken?.value)
  if (!target)
    return [
      {},
      [{ at: '/Target', value: taken?.value ?? null, reason: 'a schedule has a target; the input of the tasks is null' }],
    ]
  const fields = fieldsOf(target, isBlank, '/Target')
  const [arn, text] = [fields.take('Arn'), fields.take('Input')]
  const input: Record<string, Json> = { target: arn?.value ?? null, ...(text ? { input: jsonOf(text.value) } : {}) }
  if (typeof text?.value === 'string' && text.value.includes('<aws.scheduler.'))
    fields.report(text, 'the keywords <aws.scheduler.…> are not replaced; the handler knows the time and the attempt of its task')
  const retry = retryOf(fields, fields.take('RetryPolicy'))
  fields.leave('failed tasks are listed and can be redriven; onFailure names a task for them', 'DeadLetterConfig')
  fields.leave('the handler calls the target with its own permissions', 'RoleArn')
  fields.leave(
    'it is a parameter of the target; the handler must know it',
    ...['EcsParameters', 'EventBridgeParameters', 'KinesisParameters', 'SageMakerPipelineParameters', 'SqsParameters'],
  )
  return [{ input, ...retry }, fields.end()]
}

/** The input as JSON; as a text if it is none, or if JavaScript would change it. */
const jsonOf = (text: Json): Json => {
  const read = readJson(String(text))
  return isRefusal(read) ? text : (read.json as Json)
}

const retryOf = (fields: Fields, taken: Taken | undefined): Record<string, Json> => {
  if (!taken) return {}
  const { MaximumRetryAttempts: retries = 0, MaximumEventAgeInSeconds: age, ...others } = objectOf(taken.value) ?? {}
  if (typeof retries !== 'number' || (age !== undefined && typeof age !== 'number') || Object.keys(others).length > 0) {
    fields.report(taken, 'it must be {"MaximumRetryAttempts": …, "MaximumEventAgeInSeconds": …}')
    return {}
  }
  const attempts = Math.min(retries + 1, LIMITS.attemptsCount)
  if (attempts <= retries) fields.report(taken, `the series makes ${attempts} attempts, the most of a retry policy`)
  return { retry: { policy: 'exponential', attempts, ...(age === undefined ? {} : { maxAge: `${age}s` }) } }
}

const leaveTheRest = (fields: Fields): void => {
  const action = fields.take('ActionAfterCompletion')
  if (action && action.value !== 'NONE') fields.report(action, 'a series that is complete stays until it is deleted')
  fields.leave('the series has the encryption of the table', 'KmsKeyArn')
  fields.leave('it identifies the schedule on AWS', 'Arn')
  fields.leave('it is a time of the schedule on AWS', 'LastModificationDate')
  fields.leave('it belongs to the answer, not to the schedule', 'ResponseMetadata', '$metadata')
}
