import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import type { CalendarDate } from '../recurrence/exclusion.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import type { Stamp } from '../row/stamp.ts'

/**
 * A calendar: a named list of dates of a tenant, such as its holidays. The exclusions of series name it. Its id is its name.
 *
 * A deleted calendar keeps its row for some time, so that its version goes on when it is defined again.
 */
export type CalendarRow = Key & {
  readonly kind: 'calendar'
  readonly version: number
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly updatedBy: string
  /** In the order of the dates; no date twice. Empty after the calendar was deleted. */
  readonly dates: readonly CalendarDate[]
  readonly deleted?: true
  readonly forgetAt?: Instant
  /** The last command, for the audit. */
  readonly command: CalendarCommand['name']
}

/** The key of a calendar. */
export const calendarKey = (tenant: string, name: string): Key & { readonly kind: 'calendar' } => ({
  kind: 'calendar',
  tenant,
  id: name,
})

/** The refusal of a name that has no calendar. The text is the same if another tenant has one, so that it reveals nothing. */
export const noCalendar = (): Refusal => refuse('unknown', 'this tenant has no calendar with this name')

/** The commands of a calendar. */
export type CalendarCommand =
  /** Creates the calendar, or replaces its dates. */
  | (Stamp & { readonly name: 'define'; readonly dates: readonly CalendarDate[] })
  | (Stamp & { readonly name: 'delete'; readonly retentionMs: DurationMs })

/** A definition replaces all dates. A calendar that was deleted begins again. */
export const decideCalendar = (
  { tenant, id }: Key,
  row: CalendarRow | undefined,
  command: CalendarCommand,
): CalendarRow | Refusal => {
  const { at, by } = command
  const before = row?.deleted ? undefined : row
  const next = {
    ...calendarKey(tenant, id),
    version: (row?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? at,
    updatedAt: at,
    updatedBy: by,
    command: command.name,
  }
  if (command.name === 'define') {
    const { dates } = command
    return before && isSame(before.dates, dates)
      ? refuse('unchanged', `calendar ${id} has these dates already`)
      : { ...next, dates }
  }
  if (!before) return noCalendar()
  return { ...next, dates: [], deleted: true, forgetAt: at + command.retentionMs }
}

const isSame = (a: readonly CalendarDate[], b: readonly CalendarDate[]): boolean =>
  a.length === b.length && a.every(({ date, name }, index) => date === b[index]?.date && name === b[index]?.name)
