import type { Row } from '../../../core/kinds.ts'
import type { SeriesRow } from '../../../core/series/row.ts'
import { engine } from '../../../worlds/sim/engine.ts'
import type { Mutant } from './mutant.ts'

type ChangeSeries = (row: SeriesRow) => SeriesRow

/** A control lane that reads and writes each series with a change. */
const waking = (read: ChangeSeries, write: ChangeSeries = (row) => row): NonNullable<Mutant['engine']> => ({
  control: (world, app, message) => {
    const get = (async (key: Parameters<typeof world.store.get>[0]) => {
      const row: Row | undefined = await world.store.get(key)
      return row?.kind === 'series' ? read(row) : row
    }) as typeof world.store.get
    const put: typeof world.store.put = (row, expected) => world.store.put(row.kind === 'series' ? write(row) : row, expected)
    return engine.control({ ...world, store: { ...world.store, get, put } }, app, message)
  },
})

/** Rules of series. */
export const seriesMutants: readonly Mutant[] = [
  {
    name: 'a relay that does not tell the end of a task to its series',
    law: 'occurrences',
    engine: {
      relay: (world, change, app) => {
        const { before, after } = change
        const isEnd = after?.kind === 'task' && after.series !== undefined && after.finishedAt !== undefined
        if (!isEnd) return engine.relay(world, change, app)
        const { series: _, ...rest } = after
        return engine.relay(world, { ...(before ? { before } : {}), after: rest }, app)
      },
    },
  },
  {
    name: 'a relay that creates tasks with another input than that of the series',
    law: 'occurrences',
    engine: {
      relay: (world, change, app) => {
        const { after } = change
        if (after?.kind !== 'series') return engine.relay(world, change, app)
        const input = { inline: { script: [{ do: 'succeed', ms: 1 }] } }
        return engine.relay(world, { ...change, after: { ...after, task: { ...after.task, input } } }, app)
      },
    },
  },
  {
    name: 'a wake-up that does not see the open tasks',
    law: 'overlap',
    engine: waking(
      (row) => (row.overlap === 'allow' ? row : { ...row, overlap: 'allow', description: row.overlap }),
      ({ description, ...row }) => ({ ...row, overlap: (description ?? row.overlap) as SeriesRow['overlap'] }),
    ),
  },
  {
    name: 'a wake-up that does not tell what it skips',
    law: 'counts',
    engine: waking(
      (row) => row,
      ({ skipped: _, ...row }) => row,
    ),
  },
  {
    name: 'a wake-up that passes over an occurrence',
    law: 'counts',
    engine: waking(({ next, ...row }) =>
      next && row.cursor && 'after' in row.cursor && row.version % 4 === 0
        ? { ...row, cursor: { after: next.nominalAt } }
        : { ...row, ...(next ? { next } : {}) },
    ),
  },
]
