import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRefusal } from '../../../core/refusal.ts'
import { OVERLAPS, type SeriesDefinition, type SeriesRow } from '../../../core/series/row.ts'
import { definition, type Given, HOUR, MINUTE, refusedOrNext, T0 } from './series.ts'

/**
 * Random lives of a series, with late wake-ups, edits, pauses, triggers and ends. Each nominal time of the grid that was in force is
 * decided once: a task starts, or it is skipped and counted. The reference knows only the grids and the edits.
 */

const PERIODS = [5, 7, 30] as const
const definitions: fc.Arbitrary<SeriesDefinition> = fc
  .record({
    period: fc.constantFrom(...PERIODS),
    overlap: fc.constantFrom(...OVERLAPS),
    policy: fc.constantFrom('none', 'last', 'all'),
    windowMs: fc.constantFrom(20 * MINUTE, 600 * MINUTE),
  })
  .map(({ period, overlap, policy, windowMs }) =>
    definition({
      schedule: { recurrence: { rate: `${period}m` }, timeZone: 'UTC', anchor: 0 },
      overlap,
      catchUp: { policy, windowMs },
    }),
  )

type Act =
  | { readonly do: 'wake' | 'end' | 'pause' | 'resume' | 'trigger' }
  | { readonly do: 'define'; readonly definition: SeriesDefinition }
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Act>({ do: 'wake' }) },
  { weight: 4, arbitrary: fc.constant<Act>({ do: 'end' }) },
  fc.constantFrom<Act>({ do: 'pause' }, { do: 'resume' }, { do: 'trigger' }),
  definitions.map((it): Act => ({ do: 'define', definition: it })),
)
const lives = fc.record({
  first: definitions,
  steps: fc.array(fc.record({ act: acts, waitMs: fc.integer({ min: 0, max: 45 * MINUTE }) }), { maxLength: 40 }),
})

const givenFor = (row: SeriesRow, act: Act, at: number): Given | undefined => {
  switch (act.do) {
    case 'wake':
      return { name: 'occur', epoch: row.epoch }
    case 'end': {
      const task = row.open[0]?.task
      return task === undefined ? undefined : { name: 'end', task, state: 'succeeded', endedAt: at }
    }
    case 'trigger':
      return { name: 'trigger', run: `t${row.version}`, overlap: 'bufferAll' }
    case 'define':
      return { name: 'define', definition: act.definition }
    default:
      return { name: act.do }
  }
}

const periodOf = ({ schedule }: SeriesDefinition): number =>
  Number.parseInt((schedule.recurrence as { rate: string }).rate, 10) * MINUTE

/** The nominal times of a grid that starts at T0, after `after` up to `until`. */
const grid = (period: number, after: number, until: number): readonly number[] => {
  const times: number[] = []
  for (let at = T0; at <= until; at += period) if (at > after) times.push(at)
  return times
}

const live = ({
  first,
  steps,
}: {
  readonly first: SeriesDefinition
  readonly steps: readonly { readonly act: Act; readonly waitMs: number }[]
}) => {
  const started: { readonly nominalAt: number; readonly at: number }[] = []
  let skippedCount = 0
  let expected: number[] = []
  let grid0 = { period: periodOf(first), after: T0 - 1 }
  let row: SeriesRow | undefined
  let at = T0
  const commit = (given: Given) => {
    const next = refusedOrNext(row, at, given)
    if (isRefusal(next)) return false
    const known = new Set(row?.open.map(({ task }) => task))
    for (const run of next.open) if (!known.has(run.task) && run.run === undefined) started.push({ nominalAt: run.nominalAt, at })
    for (const { count } of next.skipped ?? []) skippedCount += count
    expect(next.overlap === 'allow' || next.open.length <= Math.max(1, row?.open.length ?? 0)).toBe(true)
    row = next
    return true
  }
  commit({ name: 'define', definition: first })
  for (const { act, waitMs } of steps) {
    at += waitMs
    const given = row && givenFor(row, act, at)
    if (!given || !commit(given)) continue
    if (act.do !== 'define' || periodOf(act.definition) === grid0.period) continue
    expected = [...expected, ...grid(grid0.period, grid0.after, at)]
    grid0 = { period: periodOf(act.definition), after: at }
  }
  // The life ends without pauses and without lateness: everything up to `at` is decided.
  commit({ name: 'resume' })
  for (let more = 0; more < 2_000 && row && (row.open.length > 0 || (row.dueAt ?? at + HOUR) <= at + 2_000); more++) {
    if (row.open.length === 0) at = Math.max(at, row.dueAt ?? at)
    const given = givenFor(row, { do: row.open.length > 0 ? 'end' : 'wake' }, at)
    if (given) commit(given)
  }
  expected = [...expected, ...grid(grid0.period, grid0.after, at)]
  return { started, skippedCount, expected, row: row as SeriesRow }
}

test('each nominal time is decided once, in every life of a series', () => {
  fc.assert(
    fc.property(lives, (life) => {
      const { started, skippedCount, expected, row } = live(life)
      expect(started.length + skippedCount).toBe(expected.length)
      const times = started.map(({ nominalAt }) => nominalAt)
      expect(new Set(times).size).toBe(times.length)
      for (const time of times) expect(expected).toContain(time)
      for (const { nominalAt, at } of started) expect(at).toBeGreaterThanOrEqual(nominalAt)
      expect(row.startedCount).toBe(started.length)
      expect(Object.values(row.skippedCounts ?? {}).reduce((sum, count) => sum + count, 0)).toBe(skippedCount)
    }),
    { numRuns: 300 },
  )
})
