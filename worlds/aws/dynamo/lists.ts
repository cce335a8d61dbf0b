import { keyText } from '../../../core/row/key.ts'
import { type TenantRow, tenantKey } from '../../../core/tenant/row.ts'
import type { AgendaQuery, Store } from '../../../engine/world.ts'
import { fromItem } from './item.ts'
import {
  agendaPartitions,
  attentionPartition,
  bound,
  cursorText,
  placeIn,
  TENANTS_PARTITION,
  watchIn,
  watchPartitions,
} from './places.ts'
import { type Range, sortKeys } from './query.ts'
import { readItems } from './read.ts'
import type { Dynamo } from './store.ts'

/** The lists. They come from the indexes, which follow the table within moments. */
export const lists = (dynamo: Dynamo): Pick<Store, 'agenda' | 'watched' | 'tenants'> => ({
  agenda: async (query) => {
    const { tenant, attention, order, limit } = query
    const index = attention ? 'attention' : 'agenda'
    const partitions = attention ? [attentionPartition(tenant, attention)] : agendaPartitions(tenant)
    const found = await sortKeys(dynamo, { index, partitions, backwards: order === 'latest', limit, ...agendaRange(query) })
    return found.map(placeIn)
  },
  watched: async ({ until, after, limit }) => {
    const beyond = after && cursorText(after)
    const range = { low: beyond ?? FIRST, high: bound(until), ...(beyond ? { beyond } : {}) }
    return (await sortKeys(dynamo, { index: 'watch', partitions: watchPartitions(), limit, ...range })).map(watchIn)
  },
  tenants: async ({ after, limit }) => {
    const range = { low: after ?? FIRST, high: LAST, ...(after ? { beyond: after } : {}) }
    const names = await sortKeys(dynamo, { index: 'watch', partitions: [TENANTS_PARTITION], limit, ...range })
    return (
      await readItems(
        dynamo,
        names.map((name) => keyText(tenantKey(name))),
      )
    ).map((item) => fromItem(item) as TenantRow)
  },
})

/** Texts before and after every key; DynamoDB takes no empty one. */
const FIRST = ' '
const LAST = '\u{10FFFF}'

/** `from` ≤ at < `to`: a bare instant sorts before every place at that instant. */
const agendaRange = ({ order, from, to, after }: AgendaQuery): Range => {
  const low = from === undefined ? FIRST : bound(from)
  const high = to === undefined ? LAST : bound(to)
  if (!after) return { low, high }
  const beyond = cursorText(after)
  return order === 'earliest'
    ? { low: later(low, beyond), high, beyond }
    : { low, high: later(high, beyond) === high ? beyond : high, beyond }
}

const later = (a: string, b: string) => (a > b ? a : b)
