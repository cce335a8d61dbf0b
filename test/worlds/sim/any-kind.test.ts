import { afterEach, describe, expect, test, vi } from 'vitest'
import type { KeyOf, Kind } from '../../../core/kinds.ts'
import { isRefusal } from '../../../core/refusal.ts'
import type { Nudge } from '../../../core/row/nudge.ts'
import type { Needs } from '../../../engine/needs.ts'
import type { Checker } from '../../../worlds/sim/checkers/checker.ts'
import { taskKey } from '../../../worlds/sim/history.ts'
import { SKEW_MS } from '../../../worlds/sim/process.ts'
import { between } from '../../../worlds/sim/random.ts'
import { type Options, simulate } from '../../../worlds/sim/simulate.ts'
import type { WorkloadContext } from '../../../worlds/sim/workload/client.ts'
import { successorOf, TICK_MS, type TickerRow, tickerKind } from './ticker.ts'

/** The simulator runs a kind that is only registered: one entry in `core/kinds.ts`, and one in `engine/kinds.ts`. */

vi.mock('../../../core/kinds.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../core/kinds.ts')>()
  const { tickerKind: ticker } = await import('./ticker.ts')
  return { ...original, kinds: { ...original.kinds, ticker } }
})

vi.mock('../../../engine/kinds.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../engine/kinds.ts')>()
  const { apply } = await import('../../../engine/apply.ts')
  const wake = async (world: Needs<'control'>, _: unknown, nudge: Nudge) => {
    const command = () => ({ name: 'tick', at: world.clock.now(), by: 'system:ticker', epoch: nudge.epoch })
    const done = await apply(world, nudge as unknown as KeyOf<Kind>, command as never)
    return isRefusal(done) ? done : undefined
  }
  // The functions of this module read its own list, so the entry is added to that list.
  Object.assign(original.engineKinds, { ticker: { wake } })
  return original
})

afterEach(() => void vi.restoreAllMocks())

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1)
const TENANTS = ['ada', 'bo']
const TICKERS = TENANTS.flatMap((tenant) => ['one', 'two'].map((id) => ({ kind: 'ticker', tenant, id })))

/** Starts every ticker twice while faults occur, and lets some messages of it end on the dead-letter queue. */
const workload = ({ clock, random, healAt, command, poison }: WorkloadContext): void => {
  for (const key of TICKERS) {
    const startAt = between(random, clock.now(), healAt)
    const mostCount = between(random, 1, 6)
    for (const at of [startAt, startAt + between(random, 0, TICK_MS)])
      clock.at(at, () => command(key, (now) => ({ name: 'start', at: now, by: 'user:sim', mostCount })))
    clock.at(startAt + between(random, 0, mostCount * TICK_MS), () => poison(key, between(random, 0, 2)))
  }
}

type TickerChange = { readonly at: number; readonly before?: TickerRow; readonly after: TickerRow }

const tickers: Checker = ({ changes, endedAt }) => {
  const byTicker = Map.groupBy((changes.get('ticker') ?? []) as unknown as readonly TickerChange[], ({ after }) => taskKey(after))
  const all = [...TICKERS, ...TICKERS.flatMap((key) => successorOf(key) ?? [])]
  return all.flatMap((key) => {
    const task = taskKey(key)
    const [start, ...ticks] = byTicker.get(task) ?? []
    const last = (ticks.at(-1) ?? start)?.after
    if (!start || !last) return [{ task, at: endedAt, message: 'the ticker was never started' }]
    const { ticksCount, mostCount, dueAt } = last
    const wrong = ticks.flatMap(({ at, before, after }, index) => {
      const violation = (message: string) => [{ task, at, message }]
      if (!before) return violation('the ticker was started twice')
      if (after.ticksCount !== index + 1) return violation(`write ${index + 1} after the start has ${after.ticksCount} ticks`)
      // The row has the time of one process and the tick that of another; each may be wrong by the skew.
      const earliest = before.updatedAt + TICK_MS - 2 * SKEW_MS
      return at < earliest ? violation(`the tick came ${earliest - at} ms early`) : []
    })
    const isDone = ticksCount === mostCount && dueAt === undefined
    return isDone
      ? wrong
      : [...wrong, { task, at: endedAt, message: `the ticker stopped at ${ticksCount} of ${mostCount} ticks` }]
  })
}

const run = (seed: number, more: Partial<Options> = {}) => simulate({ seed, workload, checkers: { tickers }, ...more })

/** The first violation of the law in the seeds of this test. */
const firstViolation = async (more: Partial<Options> = {}): Promise<string | undefined> => {
  for (const seed of SEEDS) {
    const { violations } = await run(seed, more)
    if (violations.tickers) return violations.tickers[0]
  }
  return undefined
}

describe('a kind that exists only in the registries', () => {
  test('ticks once for each minute and in time, and starts one successor, under all faults', async () => {
    const lines: string[] = []
    for (const seed of SEEDS) expect((await run(seed, { onLine: (line) => void lines.push(line) })).violations).toEqual({})
    const linesWith = (...texts: string[]) => lines.filter((line) => texts.every((text) => line.includes(text)))
    expect(linesWith('wrote ticker/ada/one.next version 2')).toHaveLength(SEEDS.length)
    // Each part of the engine met such a row. Tasks of the workload have other ids.
    expect(linesWith('sweep.repaired one').length).toBeGreaterThan(0)
    expect(linesWith('deadLetter.sentAgain one').length).toBeGreaterThan(0)
    expect(linesWith('nudge.superseded one').length).toBeGreaterThan(0)
  })

  test('breaks its law when its decision comes half a minute early', async () => {
    const { decide } = tickerKind
    vi.spyOn(tickerKind, 'decide').mockImplementation((...of) => {
      const row = decide(...of)
      return 'dueAt' in row && row.dueAt !== undefined ? { ...row, dueAt: row.dueAt - TICK_MS / 2 } : row
    })
    expect(await firstViolation()).toMatch(/^tickers: task \S+ at \S+: the tick came \d+ ms early/)
  })

  test('breaks its law when a message is lost and nothing sweeps', async () => {
    const sweep = async () => ({ examined: 0, repaired: 0, faults: [] })
    expect(await firstViolation({ engine: { sweep } })).toMatch(/: the ticker stopped at \d of \d ticks/)
  })

  test('breaks its law when the relay drops the command that starts the successor', async () => {
    vi.spyOn(tickerKind, 'consequences').mockImplementation((_, after) => (after ? tickerKind.wakeups?.(after) : undefined) ?? [])
    expect(await firstViolation()).toMatch(/\.next at \S+: the ticker was never started/)
  })
})
