import type { Command, KeyOf, Kind, Row } from '../../../core/kinds.ts'
import { apply } from '../../../engine/apply.ts'
import type { EngineKind } from '../../../engine/kinds.ts'
import type { TickerCommand, TickerRow } from './kind.ts'

// The types of the registries do not include the kind of a test.
export const keyOf = (id: string, tenant = 'acme') => ({ kind: 'ticker', tenant, id }) as unknown as KeyOf<Kind>
export const commandOf = (command: TickerCommand) => command as unknown as Command
export const asRow = (row: TickerRow) => row as unknown as Row

/** What the engine does for tickers. */
export const tickerEngine: EngineKind = {
  wake: async (world, _, { tenant, id, epoch }) => {
    const at = world.clock.now()
    const done = await apply(world, keyOf(id, tenant), () => commandOf({ name: 'tick', at, by: 'system:ticker', epoch }))
    return 'refused' in done ? done : undefined
  },
}
