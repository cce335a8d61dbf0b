import type { Instant } from '../../../core/instant.ts'
import { type Refusal, refuse } from '../../../core/refusal.ts'
import type { Effect } from '../../../core/row/effect.ts'
import type { Key } from '../../../core/row/key.ts'
import { defineKind } from '../../../core/row/kind.ts'
import { controlWakeups, wakeupChanges } from '../../../core/row/wakeups.ts'

/** A kind of row for tests: it wakes every minute until it has made its ticks, and then starts a successor. */
export type TickerRow = Key & {
  readonly kind: 'ticker'
  readonly version: number
  readonly epoch: number
  readonly updatedAt: Instant
  /** When the next tick is due. Absent after the last one. */
  readonly dueAt?: Instant
  readonly ticksCount: number
  readonly mostCount: number
}

export type TickerCommand = { readonly at: Instant; readonly by: string } & (
  | { readonly name: 'start'; readonly mostCount: number }
  | { readonly name: 'tick'; readonly epoch: number }
)

export const TICK_MS = 60_000

const decideTicker = (key: Key, row: TickerRow | undefined, command: TickerCommand): TickerRow | Refusal => {
  const { at } = command
  if (command.name === 'start') {
    if (row) return refuse('exists', `ticker ${row.id} exists already`)
    const { mostCount } = command
    return { ...key, kind: 'ticker', version: 1, epoch: 1, updatedAt: at, dueAt: at + TICK_MS, ticksCount: 0, mostCount }
  }
  if (!row) return refuse('unknown', `there is no ticker ${key.id}`)
  if (row.dueAt === undefined) return refuse('finished', `ticker ${row.id} has made its ${row.ticksCount} ticks`)
  if (command.epoch !== row.epoch) return refuse('superseded', `ticker ${row.id} is at epoch ${row.epoch}`)
  if (at < row.dueAt) return refuse('early', `ticker ${row.id} is due later`, { retryAt: row.dueAt })
  const { dueAt: _, ...rest } = row
  const version = row.version + 1
  const ticked = { ...rest, version, epoch: version, updatedAt: at, ticksCount: row.ticksCount + 1 }
  return ticked.ticksCount < row.mostCount ? { ...ticked, dueAt: at + TICK_MS } : ticked
}

/** The successor of a ticker; a successor has none. */
export const successorOf = ({ tenant, id }: Key): Key | undefined =>
  id.endsWith('.next') ? undefined : { kind: 'ticker', tenant, id: `${id}.next` }

const tickerConsequences = (before: TickerRow | undefined, after: TickerRow | undefined): readonly Effect[] => {
  const key = after && before?.dueAt !== undefined && after.dueAt === undefined ? successorOf(after) : undefined
  const command = { name: 'start', by: 'system:ticker', mostCount: 1 }
  return [...wakeupChanges(before, after), ...(key ? [{ kind: 'submit', key, command, creates: true } as const] : [])]
}

/** What a folder of `core/` would export. */
export const tickerKind = defineKind<TickerRow, TickerCommand>({
  decide: decideTicker,
  consequences: tickerConsequences,
  wakeups: controlWakeups,
  watchAt: ({ dueAt }) => dueAt,
})
