import type { Json } from '../../core/define.ts'
import { toldLine } from '../../core/told.ts'
import type { Log, Meter, Metric } from '../../engine/world.ts'

/** The log levels, from the fewest lines to the most. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Options of the log. */
export type LogOptions = {
  readonly level: LogLevel
  /** Readable lines instead of JSON. */
  readonly pretty: boolean
  readonly write: (line: string) => void
}

/**
 * Reads `CARILLON_LOG` (`silent`, `error`, `warn` or `info`; default `info`). The log writes readable lines to a terminal, and
 * JSON to anything else.
 *
 * @throws TypeError when the level is none of these
 */
export const logOptions = (env: Readonly<Record<string, string | undefined>>): LogOptions => {
  const value = env.CARILLON_LOG || 'info'
  const level = LOG_LEVELS.find((each) => each === value)
  if (!level) throw new TypeError(`CARILLON_LOG is "${value}"; it must be one of ${LOG_LEVELS.join(', ')}`)
  return { level, pretty: process.stdout.isTTY === true, write: (line) => void process.stdout.write(line) }
}

/** Writes one line for each log call. */
export const localLog = ({ level, pretty, write }: LogOptions): Log => {
  const logger = (of: LogLevel) => {
    if (LOG_LEVELS.indexOf(of) > LOG_LEVELS.indexOf(level)) return () => {}
    return (given: string, givenFields?: Readonly<Record<string, unknown>>) => {
      const time = new Date().toISOString()
      const { message, fields } = toldLine(given, givenFields)
      write(`${pretty ? prettyLine(time, of, message, fields) : JSON.stringify({ ...fields, time, level: of, message })}\n`)
    }
  }
  return { info: logger('info'), warn: logger('warn'), error: logger('error') }
}

const prettyLine = (time: string, level: LogLevel, message: string, fields: Readonly<Record<string, Json>>): string => {
  const texts = Object.entries(fields).map(([name, value]) => {
    return `${name}=${typeof value === 'string' ? value : (stackIn(value) ?? JSON.stringify(value))}`
  })
  return [time.slice(11, 23), level.padEnd(5), message, ...texts].join(' ')
}

/** The stack of an error, which is easier to read than the error as JSON. */
const stackIn = (value: Json): string | undefined => {
  const stack = typeof value === 'object' && value !== null && 'stack' in value ? value.stack : undefined
  return typeof stack === 'string' ? stack : undefined
}

/** The measurements of one metric. */
export type Measured = { readonly count: number; readonly sum: number; readonly max: number }

/** The meter of this process. */
export type LocalMeter = Meter & {
  /** The metric over all lanes and types; zeros when nothing was measured. */
  readonly read: (metric: Metric) => Measured
}

const ZERO: Measured = { count: 0, sum: 0, max: 0 }

/** Makes a meter in memory. */
export const localMeter = (): LocalMeter => {
  const measured = new Map<Metric, Measured>()
  const read = (metric: Metric) => measured.get(metric) ?? ZERO
  return {
    add: (metric, value) => {
      const { count, sum, max } = read(metric)
      measured.set(metric, { count: count + 1, sum: sum + value, max: Math.max(max, value) })
    },
    read,
  }
}
