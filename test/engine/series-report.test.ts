import { expect, test } from 'vitest'
import { isRefusal } from '../../core/refusal.ts'
import { apply } from '../../engine/apply.ts'
import { definition, HOUR, key } from '../core/series/series.ts'
import { engineWorld } from './world.ts'

test('each started and each skipped occurrence has a line that names the series, and a metric by type', async () => {
  const world = engineWorld()
  const given = { ...definition(), schedule: { ...definition().schedule, recurrence: { rate: '1h' } } }
  const defined = await apply(world, key, () => ({ name: 'define', at: world.now, by: 'user:alice', definition: given }), 'none')
  if (isRefusal(defined)) throw new Error(defined.message)
  world.advance(HOUR)
  await apply(world, key, (row) => ({ name: 'occur', at: world.now, by: 'system:series', epoch: row?.epoch ?? 0 }))
  const { nominalAt, task } = defined.after.open[0] ?? {}
  const names = { tenant: 'acme', seriesId: 'nightly', type: 'work' }
  expect(world.lines.map(({ level, message, fields }) => ({ level, message, fields }))).toMatchObject([
    { level: 'info', message: 'series.define', fields: { ...names, by: 'user:alice' } },
    {
      level: 'info',
      message: 'series.started',
      fields: { ...names, taskId: task, nominalAt: new Date(nominalAt ?? 0).toISOString(), latenessMs: 0 },
    },
    { level: 'warn', message: 'series.skipped', fields: { ...names, reason: 'overlap', count: 1 } },
  ])
  expect(world.metered).toEqual([expect.objectContaining({ metric: 'OccurrencesSkipped', value: 1 })])
})
