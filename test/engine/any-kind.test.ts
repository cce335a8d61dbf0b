import { beforeEach, describe, expect, test, vi } from 'vitest'
import { consequences, RELAYED_KINDS, WOKEN_KINDS } from '../../core/consequences.ts'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge } from '../../core/row/nudge.ts'
import { apply } from '../../engine/apply.ts'
import { control } from '../../engine/control.ts'
import { handleDeadLetter } from '../../engine/dead-letters.ts'
import { recover } from '../../engine/recover.ts'
import { relay } from '../../engine/relay.ts'
import { sweep } from '../../engine/sweep/sweep.ts'
import { isRow } from '../../worlds/aws/dynamo/item.ts'
import { asRow, commandOf, keyOf } from './ticker/engine.ts'
import { MINUTE, MOST, type TickerRow } from './ticker/kind.ts'
import { appOf, type EngineWorld, engineWorld } from './world.ts'

// The two registries with one more entry each: all that it takes to add a kind. `docs/adding-a-kind.md` is the guide.
vi.mock('../../core/kinds.ts', async (original) => {
  const { kinds } = await original<typeof import('../../core/kinds.ts')>()
  const { tickerKind } = await import('./ticker/kind.ts')
  return { kinds: { ...kinds, ticker: tickerKind } }
})
vi.mock('../../engine/kinds.ts', async (original) => {
  const registry = await original<typeof import('../../engine/kinds.ts')>()
  const { tickerEngine } = await import('./ticker/engine.ts')
  // The functions of this module read its own list, so the entry is added to that list.
  Object.assign(registry.engineKinds, { ticker: tickerEngine })
  return registry
})

let world: EngineWorld
beforeEach(() => {
  world = engineWorld()
})

const rowOf = async (id: string) => (await world.store.get(keyOf(id))) as unknown as TickerRow
const start = async () => {
  const at = world.now
  await apply(world, keyOf('t'), () => commandOf({ name: 'start', at, by: 'user:test' }), 'none')
  return rowOf('t')
}
const relayChange = (before: TickerRow | undefined, after: TickerRow) =>
  relay(world, { after: asRow(after), ...(before ? { before: asRow(before) } : {}) })
/** Delivers the newest nudge at its time. */
const deliver = async () => {
  const sent = world.sent.at(-1)
  if (!sent) throw new Error('no nudge was sent')
  world.now = Math.max(world.now, sent.nudge.dueAt)
  return control(world, appOf(), { id: 'm', body: encodeNudge(sent.nudge), receiveCount: 1 })
}

describe('a kind that exists only in its folder and the registries', () => {
  test('is relayed and woken, and its rows are recognized in the stream', () => {
    expect(RELAYED_KINDS).toContain('ticker')
    expect(WOKEN_KINDS).toContain('ticker')
    expect(isRow({ pk: { S: 'ticker/acme/t' }, sk: { S: '.' } })).toBe(true)
  })

  test('is processed by apply, relay, its nudges and submit', async () => {
    let before = await start()
    await relayChange(undefined, before)
    expect(world.sent.at(-1)).toMatchObject({ nudge: { kind: 'ticker', id: 't', epoch: 1, lane: 'control' }, delayMs: MINUTE })
    for (let tick = 1; tick <= MOST; tick++) {
      expect(await deliver()).toEqual({ delivery: 'acknowledge' })
      const after = await rowOf('t')
      expect(after.ticksCount).toBe(tick)
      await relayChange(before, after)
      await relayChange(before, after) // every effect is idempotent
      before = after
    }
    expect(before).not.toHaveProperty('dueAt')
    expect(await rowOf('t+')).toMatchObject({ ticksCount: 0, version: 1 })
  })

  test('refuses a nudge of an older epoch, and acknowledges its message as the table of refusals says', async () => {
    const first = await start()
    await relayChange(undefined, first)
    await deliver()
    expect(await deliver()).toEqual({ delivery: 'acknowledge' })
    expect(await rowOf('t')).toMatchObject({ ticksCount: 1 })
    expect(world.lines.at(-1)).toMatchObject({ message: 'nudge.superseded', fields: { tickerId: 't' } })
  })

  test('is repaired by the sweep when its nudge was lost', async () => {
    await start()
    world.advance(MINUTE + LIMITS.sweepGraceMs + 1)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 1 })
    await deliver()
    expect(await rowOf('t')).toMatchObject({ ticksCount: 1 })
  })

  test('is woken later when its nudge was dead-lettered', async () => {
    await relayChange(undefined, await start())
    const body = encodeNudge(world.sent.at(-1)?.nudge ?? ({} as never))
    world.advance(MINUTE)
    await handleDeadLetter(world, appOf(), { id: 'd', body, receiveCount: 5, source: 'lane:control' })
    expect(world.sent.at(-1)).toMatchObject({ nudge: { kind: 'ticker' }, delayMs: LIMITS.redeliveryWaitMs })
    await deliver()
    expect(await rowOf('t')).toMatchObject({ ticksCount: 1 })
  })

  test('is woken after a restart', async () => {
    const row = await start()
    await recover(world, appOf(), [asRow(row)], () => {})
    await deliver()
    expect(await rowOf('t')).toMatchObject({ ticksCount: 1 })
  })

  test('has only the effects of its definition', async () => {
    const row = await start()
    expect(consequences(asRow(row), asRow({ ...row, version: 2 }))).toEqual([])
  })
})
