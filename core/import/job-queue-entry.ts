import { type Instant, iso, parseInstant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { parseClockTime, WEEKDAYS } from '../recurrence/clock-time.ts'
import { readRecurrence } from '../recurrence/recurrence.ts'
import { isRefusal } from '../refusal.ts'
import type { Json } from '../row/json.ts'
import { type Fields, fieldsOf, type Imported, idOf, objectOf, type Taken } from './report.ts'

/** What an entry does not say of its series. */
export type JobQueueOptions = {
  /** The task type that runs the object. It gets `{objectType, objectId, parameterString, recordId}` as its input. */
  readonly type: string
  /** The zone of the entry's times of the day. Business Central has it in the settings of the user, not in the entry. */
  readonly timeZone: string
}

/**
 * Reads an entry of Business Central's job queue: as the API gives it (`GET …/api/v2.0/…/jobQueueEntries(id)`), as an OData page
 * gives it, or with the names of table 472. An entry runs until it fails for good, so its series has `stopOnError`.
 *
 * Source: github.com/microsoft/BCApps, page 30091 "APIV2 - Job Queue Entries" and table 472 "Job Queue Entry".
 *
 * @example readJobQueueEntry({ objectIdToRun: 795, runOnMonday: true, numberOfMinutesBetweenRuns: 60 }, { type: 'run-codeunit', timeZone: 'UTC' })
 */
export const readJobQueueEntry = (entry: unknown, { type, timeZone }: JobQueueOptions): Imported => {
  const given = objectOf(entry)
  if (!given) return { series: [], notCarried: [{ at: '', value: null, reason: 'an entry must be a JSON object' }] }
  const fields = fieldsOf(given, isBlank)
  const id = fields.take('jobQueueEntryId', 'id')
  const description = textOf(fields, fields.take('description'))
  const earliest = timeOf(fields, fields.take('earliestStartDateTime'))
  const endAt = timeOf(fields, fields.take('expirationDateTime'))
  const recurrence = recurrenceOf(fields, earliest)
  const body: Record<string, Json> = {
    type,
    input: inputOf(fields),
    timeZone,
    ...(recurrence === undefined ? {} : { recurrence }),
    ...(earliest !== undefined && recurrence && 'dateFormula' in recurrence ? { startAt: iso(earliest) } : {}),
    ...(endAt === undefined ? {} : { endAt: iso(endAt) }),
    retry: retryOf(fields),
    stopOnError: true,
    ...gateOf(fields),
    ...timeoutOf(fields),
    ...(description === undefined ? {} : { description: description.slice(0, LIMITS.descriptionCount) }),
  }
  const isPaused = isOnHold(fields, fields.take('status'))
  leaveTheRest(fields)
  const series =
    recurrence === undefined
      ? []
      : [{ id: idOf(idTextOf(id, body.input), LIMITS.seriesIdCount), body, ...(isPaused ? { isPaused } : {}) }]
  return { series, notCarried: fields.end() }
}

/** Blank values of Business Central: of a text, a number, a flag, a date and time, a GUID, and a duration. */
const isBlank = (value: Json): boolean =>
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (typeof value === 'string' && /^(0001-01-01T00:00:00(\.0+)?Z?|[{]?0{8}-(0{4}-){3}0{12}[}]?|PT0S)$/.test(value))

const idTextOf = (id: Taken | undefined, input: Json | undefined): string => {
  const { objectType = 'object', objectId = '' } = objectOf(input) ?? {}
  return typeof id?.value === 'string' ? id.value.replaceAll(/[{}]/g, '').toLowerCase() : `${objectType}-${objectId}`
}

const textOf = (fields: Fields, taken: Taken | undefined): string | undefined => {
  if (taken === undefined || typeof taken.value === 'string') return taken?.value as string | undefined
  fields.report(taken, 'it must be a text')
  return undefined
}

const numberOf = (fields: Fields, taken: Taken | undefined): number | undefined => {
  const number = taken === undefined ? undefined : Number(taken.value)
  if (number === undefined || Number.isInteger(number)) return number
  fields.report(taken as Taken, 'it must be a whole number')
  return undefined
}

const timeOf = (fields: Fields, taken: Taken | undefined): Instant | undefined => {
  const text = textOf(fields, taken)
  const at = text === undefined ? undefined : parseInstant(text)
  if (text !== undefined && at === undefined) fields.report(taken as Taken, 'it must be an ISO 8601 time with offset')
  return at
}

/** A time of the day, without the digits behind the milliseconds. OData writes a blank one as midnight. */
const clockOf = (fields: Fields, taken: Taken | undefined): string | undefined => {
  const text = textOf(fields, taken)
    ?.replace(/^(\d\d:\d\d(?::\d\d(?:\.\d{3})?)?)\d*$/, '$1')
    .replace(/\.(\d{1,2})$/, (_, digits) => `.${digits.padEnd(3, '0')}`)
  if (text === undefined || parseClockTime(text) === 0) return undefined
  if (parseClockTime(text) !== undefined) return text.replace(/^(\d\d:\d\d):00(\.000)?$/, '$1')
  fields.report(taken as Taken, 'it must be a time of the day, such as "22:30:00"')
  return undefined
}

/** The recurrence of an entry; one run at its earliest start if it has none; undefined, and reported, if it has neither. */
const recurrenceOf = (fields: Fields, earliest: Instant | undefined): Record<string, Json> | undefined => {
  const formula = fields.take('nextRunDateFormula')
  const minutes = fields.take('noOfMinutesBetweenRuns', 'numberOfMinutesBetweenRuns')
  const days = WEEKDAYS.filter((day) => fields.take(`runOn${day}s`, `runOn${day}`)?.value === true)
  const [starting, ending] = [fields.take('startingTime'), fields.take('endingTime')]
  const [startingTime, endingTime] = [clockOf(fields, starting), clockOf(fields, ending)]
  const recurring = fields.take('recurringJob')
  // A copy of the starting time, with a date.
  fields.take('referenceStartingTime')
  if (formula) {
    if (endingTime !== undefined) fields.report(ending as Taken, 'an entry with a date formula has no window')
    return accepted(fields, formula, { dateFormula: formula.value, ...(startingTime === undefined ? {} : { startingTime }) })
  }
  if (days.length > 0) {
    const jobQueue = {
      ...(days.length === WEEKDAYS.length ? {} : { weekdays: days }),
      everyMinutes: numberOf(fields, minutes) ?? 0,
      ...(startingTime === undefined ? {} : { startingTime }),
      ...(endingTime === undefined ? {} : { endingTime }),
      ...(earliest === undefined ? {} : { earliestStart: iso(earliest) }),
    }
    return accepted(fields, minutes ?? { at: '', value: null }, { jobQueue })
  }
  if (minutes) fields.report(minutes, 'an entry without days does not recur')
  if (earliest !== undefined) return { at: [iso(earliest)] }
  fields.report(
    recurring ?? { at: '', value: null },
    'the entry has no days, no date formula and no earliest start, so it has no time',
  )
  return undefined
}

const accepted = (fields: Fields, taken: Taken, recurrence: Record<string, Json>): Record<string, Json> | undefined => {
  const read = readRecurrence(recurrence)
  if (!isRefusal(read)) return recurrence
  fields.report(taken, read.message)
  return undefined
}

const inputOf = (fields: Fields): Json => {
  const objectType = fields.take('objectTypeToRun')
  const objectId = fields.take('objectIdToRun')
  const parameterString = fields.take('parameterString')
  const recordId = fields.take('recordIdToProcess')
  const named = { objectType, objectId, parameterString, recordId }
  return Object.fromEntries(Object.entries(named).flatMap(([name, taken]) => (taken ? [[name, taken.value]] : [])))
}

/** A maximum of N attempts means N repetitions. Source: table 472, HandleExecutionError. */
const retryOf = (fields: Fields): Json => {
  const reruns = numberOf(fields, fields.take('maximumNoOfAttemptsToRun', 'maxNumberAttemptsToRun')) ?? 0
  const delay = numberOf(fields, fields.take('rerunDelaySec', 'rerunDelay'))
  return { policy: 'job-queue', reruns, ...(delay === undefined ? {} : { wait: `${delay}s` }) }
}

const PRIORITIES: Readonly<Record<string, string>> = {
  high: 'high',
  1000: 'high',
  normal: 'normal',
  2000: 'normal',
  low: 'low',
  3000: 'low',
}

/** One entry of a category runs at a time: a gate with one place. */
const gateOf = (fields: Fields): Record<string, Json> => {
  const category = fields.take('jobQueueCategoryCode')
  const priority = fields.take('priorityWithinCategory', 'priority')
  if (!category) {
    if (priority && PRIORITIES[String(priority.value).toLowerCase()] !== 'normal')
      fields.report(priority, 'a priority has a meaning only within a category')
    return {}
  }
  const code = String(category.value)
  const key = idOf(code, LIMITS.gateKeyCount - CATEGORY.length)
  if (key !== code) fields.report(category, `the key of the gate is ${CATEGORY}${key}; other categories may not have the same`)
  const known = PRIORITIES[String(priority?.value ?? 'normal').toLowerCase()]
  if (priority && known === undefined) fields.report(priority, 'it must be High, Normal or Low')
  return {
    gate: { key: `${CATEGORY}${key}`, limit: 1 },
    ...(known === undefined || known === 'normal' ? {} : { priority: known }),
  }
}

const CATEGORY = 'category.'

/** The longest attempt that every deployment allows. */
const timeoutOf = (fields: Fields): Record<string, Json> => {
  const taken = fields.take('jobTimeout', 'timeout')
  if (taken) fields.report(taken, 'the timeout is that of the task type; a job queue entry may run for hours, an attempt may not')
  return {}
}

const isOnHold = (fields: Fields, status: Taken | undefined): true | undefined => {
  const text = String(status?.value ?? '')
    .replaceAll(/[ _]|x0020/gi, '')
    .toLowerCase()
  if (text === 'onhold' || text === 'error') {
    fields.report(status as Taken, 'pause the series after it was created: POST /v1/series/{id}/pause')
    return true
  }
  if (text === 'onholdwithinactivitytimeout')
    fields.report(status as Taken, 'the series does not wait for the end of the inactivity timeout; pause it if it should')
  return undefined
}

const leaveTheRest = (fields: Fields): void => {
  fields.leave(
    'a handler that has nothing to do cannot put its series on hold; pause the series instead',
    'inactivityTimeoutPeriod',
  )
  fields.leave('the end of a task is an event; a rule on the event bus can notify', 'notifyOnSuccess')
  fields.leave('a task has no user; the handler has its own credentials', 'userId', 'userLanguageId', 'runInUserSession')
  fields.leave(
    'a report has no output here; the handler decides',
    'reportOutputType',
    'printerName',
    'reportRequestPageOptions',
    'xml',
  )
  fields.leave('a series recurs by itself', 'manualRecurrence')
  fields.leave(
    'it is a state of the entry at the time of the export',
    ...[
      'lastReadyState',
      'noOfAttemptsToRun',
      'numberOfAttemptsToRun',
      'objectCaptionToRun',
      'errorMessage',
      'errorMessageRegisterId',
    ],
    ...[
      'userSessionId',
      'userServiceInstanceId',
      'userSessionStarted',
      'systemTaskId',
      'scheduled',
      'entryNo',
      'lastModifiedDateTime',
    ],
    ...[
      'systemId',
      'systemCreatedAt',
      'systemCreatedBy',
      'systemModifiedAt',
      'systemModifiedBy',
      '@odata.context',
      '@odata.etag',
    ],
    ...['auxiliaryIndex1', 'jobQueueLogEntries'],
  )
}
