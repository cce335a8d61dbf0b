import { defineKind } from '../row/kind.ts'
import { controlWakeups } from '../row/wakeups.ts'
import type { SeriesCommand } from './command.ts'
import { seriesConsequences } from './consequences.ts'
import { decideSeries } from './decide.ts'
import type { SeriesRow } from './row.ts'

/** A series: recurring work. It creates a task for each occurrence of its schedule. */
export const seriesKind = defineKind<SeriesRow, SeriesCommand>({
  decide: decideSeries,
  consequences: seriesConsequences,
  wakeups: controlWakeups,
  watchAt: ({ dueAt }) => dueAt,
  lists: ['allSeries', 'occurrences'],
})
