import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { idleCostOf, idleTable } from './idle-cost.ts'
import { templateOf } from './synth.ts'

const MOST_DOLLARS = 6
const sumOf = (cost: ReadonlyMap<string, number>) => [...cost.values()].reduce((sum, dollars) => sum + dollars, 0)

test('an idle default deployment costs at most $6 a month', async () => {
  const cost = await idleCostOf(templateOf())
  console.log(idleTable(cost))
  expect(sumOf(cost)).toBeLessThanOrEqual(MOST_DOLLARS)
})

test('the table is the one in docs/cost.md', async () => {
  const [, written = ''] = readFileSync('docs/cost.md', 'utf8').split('<!-- idle -->')
  const table = idleTable(await idleCostOf(templateOf()))
  expect(written.split('<!-- /idle -->')[0]?.trim(), 'put the printed table between the idle marks of docs/cost.md').toBe(table)
})

test('a dashboard costs three dollars more', async () => {
  const more = sumOf(await idleCostOf(templateOf({ dashboard: true }))) - sumOf(await idleCostOf(templateOf()))
  expect(more).toBeCloseTo(3)
})
