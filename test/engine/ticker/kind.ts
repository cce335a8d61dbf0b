import type { Instant } from '../../../core/instant.ts'
import { type Refusal, refuse } from '../../../core/refusal.ts'
import type { Effect } from '../../../core/row/effect.ts'
import type { Key } from '../../../core/row/key.ts'
import { defineKind } from '../../../core/row/kind.ts'
import type { Stamp } from '../../../core/row/stamp.ts'
import { controlWakeups, wakeupChanges } from '../../../core/row/wakeups.ts'

/**
 * A ticker ticks every minute, `MOST` times, and then starts the next ticker. It is a whole kind of row. It exists only in
 * this folder and in the registries, which the test replaces.
 */
export type TickerRow = Key & {
  readonly kind: 'ticker'
  readonly version: number
  readonly epoch: number
  readonly updatedAt: Instant
  readonly ticksCount: number
  readonly dueAt?: Instant
}
export type TickerCommand = Stamp & ({ readonly name: 'start' } | { readonly name: 'tick'; readonly epoch: number })

export const MINUTE = 60_000
export const MOST = 3

const decideTicker = ({ tenant, id }: Key, row: TickerRow | undefined, command: TickerCommand): TickerRow | Refusal => {
  const { at } = command
  if (command.name === 'start') {
    if (row) return refuse('exists', `ticker ${id} exists already`)
    return { kind: 'ticker', tenant, id, version: 1, epoch: 1, updatedAt: at, ticksCount: 0, dueAt: at + MINUTE }
  }
  if (row?.epoch !== command.epoch) return refuse('superseded', `ticker ${id} has another wake-up`)
  const { dueAt: _, ...rest } = row
  const version = row.version + 1
  const next = { ...rest, version, epoch: version, updatedAt: at, ticksCount: row.ticksCount + 1 }
  return next.ticksCount < MOST ? { ...next, dueAt: at + MINUTE } : next
}

/** The last tick starts the ticker behind this one, once. */
const startsNext = (before: TickerRow | undefined, after: TickerRow | undefined): readonly Effect[] =>
  after && before?.ticksCount === MOST - 1 && after.ticksCount === MOST && after.id.length < 3
    ? [{ kind: 'submit', key: { ...after, id: `${after.id}+` }, command: { name: 'start', by: 'system:ticker' }, creates: true }]
    : []

export const tickerKind = defineKind<TickerRow, TickerCommand>({
  decide: decideTicker,
  consequences: (before, after) => [...wakeupChanges(before, after), ...startsNext(before, after)],
  wakeups: controlWakeups,
  watchAt: ({ dueAt }) => dueAt,
})
