import { digestOf } from '../hash.ts'
import { LIMITS } from '../limits.ts'
import { readRecurrence } from '../recurrence/recurrence.ts'
import { readTimeZone } from '../recurrence/zone.ts'
import { isRefusal } from '../refusal.ts'
import type { Json } from '../row/json.ts'
import type { Imported, ImportedSeries, NotCarried } from './report.ts'

/** What a crontab does not say of its series. */
export type CrontabOptions = {
  /** The task type that runs the commands. It gets `{command, stdin?, user?, environment?}`. */
  readonly type: string
  /** `system`: each line has a user before its command, as in /etc/crontab and /etc/cron.d. @default 'user' */
  readonly form?: 'user' | 'system'
  /** The zone of the machine; `CRON_TZ` and `TZ` lines replace it for the lines after them. @default 'UTC' */
  readonly timeZone?: string
}

/**
 * Reads a crontab file. The id of a series is a digest of its line, so it stays when other lines change.
 *
 * The first `%` of a command begins its standard input, each further one is a line break, and `\%` is a percent sign.
 *
 * Source: crontab(5) of Vixie cron (`@daily`, `%`, environment lines) and of cronie (`CRON_TZ`, `RANDOM_DELAY`).
 *
 * @example readCrontab('0 9 * * 1-5 /usr/bin/report', { type: 'shell' }).series[0]?.body.recurrence // { cron: '0 9 * * 1-5' }
 */
export const readCrontab = (text: string, options: CrontabOptions): Imported => {
  const series: ImportedSeries[] = []
  const notCarried: NotCarried[] = []
  let environment: Environment = { timeZone: options.timeZone ?? 'UTC', variables: {} }
  const seen = new Map<string, number>()
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const report = (reason: string) => void notCarried.push({ at: `line ${index + 1}`, value: line, reason })
    const [, name, given] = ASSIGNMENT.exec(line) ?? []
    if (name !== undefined) {
      environment = assign(environment, name, unquoted(given ?? ''), report)
      continue
    }
    const body = bodyOf(line, environment, options, report)
    if (!body) continue
    const digest = digestOf(JSON.stringify([body.recurrence, body.timeZone, body.input]))
    const times = (seen.get(digest) ?? 0) + 1
    seen.set(digest, times)
    series.push({ id: times === 1 ? `cron-${digest}` : `cron-${digest}-${times}`, body })
  }
  return { series, notCarried }
}

/** What the lines before say of a line. */
type Environment = {
  readonly timeZone: string
  readonly spreadMinutes?: number
  readonly variables: Readonly<Record<string, string>>
}

const ASSIGNMENT = /^(["']?[A-Za-z_][A-Za-z0-9_]*["']?)\s*=\s*(.*)$/

const unquoted = (text: string): string => /^(["'])(.*)\1$/.exec(text)?.[2] ?? text

const assign = (before: Environment, quoted: string, value: string, report: (reason: string) => void): Environment => {
  const name = unquoted(quoted)
  if (name === 'CRON_TZ' || name === 'TZ') {
    const read = readTimeZone(value)
    if (!isRefusal(read)) return { ...before, timeZone: value }
    report(`${read.message}; the lines after it stay in ${before.timeZone}`)
    return before
  }
  if (name === 'RANDOM_DELAY') {
    const minutes = Number(value)
    if (Number.isInteger(minutes) && minutes >= 0) return { ...before, spreadMinutes: minutes }
    report('it must be a whole number of minutes')
    return before
  }
  if (name === 'MAILTO' || name === 'MAILFROM') {
    if (value !== '') report('no mail is sent; the output of a task and its events are the replacement')
    return before
  }
  return { ...before, variables: { ...before.variables, [name]: value } }
}

/** Source: crontab(5). `@reboot` has no counterpart. */
const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const LINE = {
  user: /^(?:(@\S+)|(\S+\s+\S+\s+\S+\s+\S+\s+\S+))\s+()(.+)$/,
  system: /^(?:(@\S+)|(\S+\s+\S+\s+\S+\s+\S+\s+\S+))\s+(\S+)\s+(.+)$/,
} as const

const bodyOf = (
  line: string,
  { timeZone, spreadMinutes = 0, variables }: Environment,
  { type, form = 'user' }: CrontabOptions,
  report: (reason: string) => void,
): Record<string, Json> | undefined => {
  const [, nickname, times, user, rest] = LINE[form].exec(line) ?? []
  if (rest === undefined) {
    report(`it must be five fields or a nickname such as @daily, ${form === 'system' ? 'a user, ' : ''}and a command`)
    return undefined
  }
  const known = nickname === undefined ? undefined : NICKNAMES[nickname.toLowerCase()]
  if (nickname !== undefined && known === undefined) {
    report(
      nickname === '@reboot'
        ? 'a series has no start of a machine'
        : `${nickname} is not known; known are ${Object.keys(NICKNAMES).join(', ')}`,
    )
    return undefined
  }
  const silent = times?.startsWith('-') === true
  if (silent) report('the leading dash of cronie (no log line) has no meaning here; the series does not have it')
  const cron = known ?? (silent ? times.slice(1) : (times ?? '')).replaceAll(/\s+/g, ' ')
  const read = readRecurrence({ cron })
  if (isRefusal(read)) {
    report(read.message)
    return undefined
  }
  const [command = '', ...stdin] = rest.split(/(?<!\\)%/).map((part) => part.replaceAll('\\%', '%'))
  const input = {
    command,
    ...(stdin.length > 0 ? { stdin: stdin.join('\n') } : {}),
    ...(user ? { user } : {}),
    ...(Object.keys(variables).length > 0 ? { environment: variables } : {}),
  }
  return {
    type,
    input,
    recurrence: { cron },
    timeZone,
    ...(spreadMinutes > 0 ? { spread: `${Math.min(spreadMinutes, LIMITS.spreadMs / 60_000)}m` } : {}),
  }
}
