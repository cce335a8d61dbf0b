import { isRefusal, type Refusal } from '../../../core/refusal.ts'
import type { SeriesCommand } from '../../../core/series/command.ts'
import { decideSeries } from '../../../core/series/decide.ts'
import type { SeriesDefinition, SeriesRow } from '../../../core/series/row.ts'

export const T0 = Date.UTC(2026, 10, 30, 9)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const key = { kind: 'series', tenant: 'acme', id: 'nightly' } as const

const policy = { type: 'work', schema: 1, lane: 'normal', timeoutMs: 60_000, retry: { policy: 'none' } } as const

/** An hourly series from T0 on, unless the definition says otherwise. */
export const definition = (more: Partial<SeriesDefinition> = {}): SeriesDefinition => ({
  task: { policy, input: { inline: null } },
  schedule: { recurrence: { rate: '1h' }, timeZone: 'UTC', anchor: 0 },
  overlap: 'skip',
  catchUp: { policy: 'last' },
  ...more,
})

/** A command without its stamp. */
export type Given = SeriesCommand extends infer Each ? (Each extends SeriesCommand ? Omit<Each, 'at' | 'by'> : never) : never

export const refusedOrNext = (row: SeriesRow | undefined, at: number, given: Given): SeriesRow | Refusal =>
  decideSeries(key, row, { at, by: 'user:alice', ...given } as SeriesCommand)

/** The next row. @throws Error when the command is refused */
export const apply = (row: SeriesRow | undefined, at: number, given: Given): SeriesRow => {
  const next = refusedOrNext(row, at, given)
  if (isRefusal(next)) throw new Error(`${given.name}: ${next.refused}: ${next.message}`)
  return next
}

/** A series that was created at T0. It has started its first occurrence. */
export const created = (more: Partial<SeriesDefinition> = {}, at = T0): SeriesRow =>
  apply(undefined, at, { name: 'define', definition: definition(more) })

/** Ends the oldest open run. */
export const end = (row: SeriesRow, at: number, state: 'succeeded' | 'failed' | 'cancelled' = 'succeeded'): SeriesRow =>
  apply(row, at, { name: 'end', task: row.open[0]?.task ?? 'none', state, endedAt: at })

/** The wake-up at its time, or late. */
export const wake = (row: SeriesRow, at = row.dueAt ?? 0): SeriesRow => apply(row, at, { name: 'occur', epoch: row.epoch })

/** The nominal times of the open runs, in hours after T0. */
export const openHours = ({ open }: SeriesRow): readonly number[] => open.map(({ nominalAt }) => (nominalAt - T0) / HOUR)
