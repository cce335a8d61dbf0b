import type { Log, Meter, Metric } from '../../engine/world.ts'

/** From the quietest to the most talkative. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What a log is made of. */
export type LogOptions = {
  readonly level: LogLevel
  /** Lines for people rather than for programs. */
  readonly pretty: boolean
  readonly write: (line: string) => void
}

/**
 * Reads `CARILLON_LOG` (`silent`, `error`, `warn` or `info`; default `info`), and writes lines for people to a terminal,
 * JSON to anything else.
 *
 * @throws TypeError when the level is none of these
 */
export const logOptions = (env: Readonly<Record<string, string | undefined>>): LogOptions => {
  const said = env.CARILLON_LOG || 'info'
  const level = LOG_LEVELS.find((each) => each === said)
  if (!level) throw new TypeError(`CARILLON_LOG is "${said}"; it must be one of ${LOG_LEVELS.join(', ')}`)
  return { level, pretty: process.stdout.isTTY === true, write: (line) => void process.stdout.write(line) }
}

/** One line for each thing said, on stdout. */
export const localLog = ({ level, pretty, write }: LogOptions): Log => {
  const say = (of: LogLevel) => {
    if (LOG_LEVELS.indexOf(of) > LOG_LEVELS.indexOf(level)) return () => {}
    return (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      const time = new Date().toISOString()
      // Fields come from handlers too, and may be called anything: the line's own names win.
      write(
        `${pretty ? prettyLine(time, of, message, fields) : JSON.stringify({ ...fields, time, level: of, message }, plain)}\n`,
      )
    }
  }
  return { info: say('info'), warn: say('warn'), error: say('error') }
}

const prettyLine = (time: string, level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): string => {
  const texts = Object.entries(fields).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, plain)
    return `${name}=${text}`
  })
  return [time.slice(11, 23), level.padEnd(5), message, ...texts].join(' ')
}

/** Errors have nothing that JSON would show by itself, and a bigint would throw. */
const plain = (_: string, value: unknown): unknown =>
  value instanceof Error ? (value.stack ?? value.message) : typeof value === 'bigint' ? String(value) : value

/** What has been measured of one metric. */
export type Measured = { readonly count: number; readonly sum: number; readonly max: number }

/** Counters of this process. */
export type LocalMeter = Meter & {
  /** The metric over all lanes and types; zeros when nothing came. */
  readonly read: (metric: Metric) => Measured
}

const NOTHING: Measured = { count: 0, sum: 0, max: 0 }

/** Makes a meter that keeps its numbers in memory. */
export const localMeter = (): LocalMeter => {
  const measured = new Map<Metric, Measured>()
  const read = (metric: Metric) => measured.get(metric) ?? NOTHING
  return {
    add: (metric, value) => {
      const { count, sum, max } = read(metric)
      measured.set(metric, { count: count + 1, sum: sum + value, max: Math.max(max, value) })
    },
    read,
  }
}
