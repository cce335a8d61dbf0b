import { defined } from '../defined.ts'
import { excerpt } from '../excerpt.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { messageOf } from '../thrown.ts'

/** The progress of an attempt, as its handler reports it. Every field is optional. */
export type Progress = {
  /** 0 to 100. */
  readonly percent?: number | undefined
  /** The current step. */
  readonly text?: string | undefined
  /** Counters by name. */
  readonly counters?: Readonly<Record<string, number>> | undefined
}

/** Progress within its bounds, and what was changed: a path and a message for each. */
export type FittedProgress = {
  readonly progress: Progress
  readonly changes: readonly { readonly path: string; readonly message: string }[]
}

/**
 * Fits the progress of a heartbeat into its bounds, because progress is told about the work and must not fail it: `percent`
 * is clamped, texts are cut, surplus counters and values of a wrong type are dropped.
 *
 * @example fitProgress({ percent: 140 }) // { progress: { percent: 100 }, changes: [{ path: '/percent', … }] }
 */
export const fitProgress = (given: unknown): FittedProgress => {
  const changes: { path: string; message: string }[] = []
  const note = (path: string, message: string) => void changes.push({ path, message })
  if (typeof given !== 'object' || given === null) {
    note('', `progress is ${told(given)}; it must be an object, and was dropped`)
    return { progress: {}, changes }
  }
  const unknown = namesIn(given).filter((name) => !['percent', 'text', 'counters'].includes(name))
  for (const name of unknown.slice(0, 1)) note(`/${name}`, 'a field that progress does not have was dropped')
  const percent = fitPercent(valueIn(given, 'percent'), note)
  const text = fitText(valueIn(given, 'text'), note)
  const counters = fitCounters(valueIn(given, 'counters'), note)
  return { progress: defined({ percent, text, counters }), changes }
}

type Note = (path: string, message: string) => void

const fitPercent = (percent: unknown, note: Note): number | undefined => {
  if (percent === undefined) return undefined
  if (typeof percent !== 'number' || Number.isNaN(percent)) {
    note('/percent', `${told(percent)} is not a number, and was dropped`)
    return undefined
  }
  const fitted = Math.min(100, Math.max(0, percent))
  if (fitted !== percent) note('/percent', `${percent} is not 0 to 100; ${fitted} is shown`)
  return fitted
}

const fitText = (text: unknown, note: Note): string | undefined => {
  if (text === undefined) return undefined
  if (typeof text !== 'string') note('/text', 'it is not a text; it is shown as one')
  const full = typeof text === 'string' ? text : messageOf(text)
  if (full.length > LIMITS.progressTextCount)
    note('/text', `it has ${full.length} characters; the first ${LIMITS.progressTextCount} are shown`)
  return excerpt(full, LIMITS.progressTextCount)
}

const fitCounters = (counters: unknown, note: Note): Readonly<Record<string, number>> | undefined => {
  if (counters === undefined) return undefined
  if (typeof counters !== 'object' || counters === null) {
    note('/counters', `${told(counters)} is not an object, and was dropped`)
    return undefined
  }
  const names = namesIn(counters)
  const kept = names.filter((name) => {
    const isKept = name !== '' && name.length <= LIMITS.counterNameCount && Number.isFinite(valueIn(counters, name))
    if (!isKept)
      note(
        '/counters',
        `a counter must be a number with a name of 1 to ${LIMITS.counterNameCount} characters; others were dropped`,
      )
    return isKept
  })
  if (kept.length > LIMITS.countersCount)
    note('/counters', `there are ${kept.length} counters; the first ${LIMITS.countersCount} are shown`)
  return Object.fromEntries(kept.slice(0, LIMITS.countersCount).map((name) => [name, valueIn(counters, name) as number]))
}

const told = (value: unknown): string => excerpt(messageOf(value), LIMITS.reasonCount)

const namesIn = (value: object): readonly string[] => {
  try {
    return Object.keys(value)
  } catch {
    return []
  }
}

/** A property; undefined when it cannot be read. */
const valueIn = (value: object, name: string): unknown => {
  try {
    return (value as Readonly<Record<string, unknown>>)[name]
  } catch {
    return undefined
  }
}

/** Progress, and the time of its report. */
export type ReportedProgress = Progress & { readonly at: Instant }

/**
 * The progress of an attempt and the stack trace of its error. They are one document whose name contains the owner of the
 * claim. No other attempt writes that document, so notes of a worker without a claim never appear under a later attempt.
 */
export type Notes = { readonly progress?: ReportedProgress; readonly stack?: string }

/** The name of the document with the notes of a claim. */
export const notesName = (owner: string): string => `n${owner}`
