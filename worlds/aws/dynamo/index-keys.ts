import { watchOf } from '../../../core/consequences.ts'
import { hash32 } from '../../../core/hash.ts'
import type { Instant } from '../../../core/instant.ts'
import type { Kind, Row } from '../../../core/kinds.ts'
import { LIMITS } from '../../../core/limits.ts'
import { type Attention, placesOf } from '../../../core/task/places.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import type { Place, WatchPlace } from '../../../engine/world.ts'
import { type IndexName, TABLE } from './table.ts'

/** The partitions of a tenant's agenda. */
export const agendaPartitions = (tenant: string): readonly string[] => shards(tenant, LIMITS.agendaShardsCount)
/** The partitions of a tenant's tasks that need attention for one reason. The sample of far tasks is small: it has one. */
export const attentionPartitions = (tenant: string, reason: Attention): readonly string[] =>
  shards(`${tenant}#${reason}`, attentionShards(reason))
const attentionShards = (reason: Attention): number => (reason === 'far' ? 1 : LIMITS.attentionShardsCount)
/** The partitions of the watched wake-ups. */
export const watchPartitions = (): readonly string[] => shards('wake', LIMITS.watchShardsCount)
/** The partitions of the watch index with the names of the tenants that the sweep visits. */
export const tenantPartitions = (): readonly string[] => shards('tenants', LIMITS.tenantShardsCount)

/**
 * An instant as sixteen digits, enough for every `Date`. The texts sort in the order of the instants.
 *
 * @throws RangeError when the instant is not a whole number of milliseconds since 1970: its text would sort wrong, and the
 *   sweep would never find the row
 */
export const sortable = (at: Instant): string => {
  if (!isWhole(at))
    throw new RangeError(`instant ${at} cannot be an index key; it must be a whole number of milliseconds, 0 or more`)
  return String(at).padStart(16, '0')
}

const isWhole = (at: Instant): boolean => Number.isSafeInteger(at) && at >= 0

/** The bound of a range of instants. It may be any number: no key lies between two whole numbers, nor before 0. */
export const bound = (at: Instant): string => sortable(Math.min(Math.max(0, Math.ceil(at)), Number.MAX_SAFE_INTEGER))

/** Converts a place on an agenda to a sort key, and back. */
export const placeText = ({ at, id }: Place): string => `${sortable(at)}#${id}`
export const placeIn = (text: string): Place => {
  const [at, id] = text.split('#')
  return { at: Number(at), id: id ?? '' }
}

/** The sort key of a cursor. No row need exist there. A fractional instant is just before the next whole one. */
export const cursorText = (place: Place | WatchPlace): string => {
  if (!isWhole(place.at)) return bound(place.at)
  return 'tenant' in place ? watchText(place) : placeText(place)
}

/** Converts a watched place to a sort key, and back. */
export const watchText = ({ at, tenant, id, kind }: WatchPlace): string => `${sortable(at)}#${tenant}#${id}#${kind}`
export const watchIn = (text: string): WatchPlace => {
  const [at, tenant, id, kind] = text.split('#')
  return { at: Number(at), tenant: tenant ?? '', id: id ?? '', kind: kind as Kind }
}

/** The index keys of a row, from `placesOf` and `watchOf`. A row without a key of an index is not in that index. */
export const indexKeys = (row: Row): Readonly<Record<string, string>> => {
  const { kind, tenant, id } = row
  if (kind === 'tenant')
    return row.visitedUntil === undefined ? {} : keys('watch', shardOf('tenants', tenant, LIMITS.tenantShardsCount), tenant)
  const watch = watchOf(row)
  return {
    ...(kind === 'task' ? agendaKeys(row) : {}),
    ...(watch === undefined
      ? {}
      : keys('watch', shardOf('wake', id, LIMITS.watchShardsCount), watchText({ at: watch, kind, tenant, id }))),
  }
}

const agendaKeys = (row: TaskRow) => {
  const { tenant, id } = row
  const { agenda, attention } = placesOf(row)
  return {
    ...keys('agenda', shardOf(tenant, id, LIMITS.agendaShardsCount), placeText({ at: agenda, id })),
    ...(attention === undefined
      ? {}
      : keys('attention', shardOf(`${tenant}#${attention}`, id, attentionShards(attention)), placeText({ at: agenda, id }))),
  }
}

const keys = (index: IndexName, partition: string, sort: string) => ({
  [TABLE.indexes[index].partition]: partition,
  [TABLE.indexes[index].sort]: sort,
})

/** The partitions of a list that is stored in `count` shards, so that one tenant cannot overload a partition. */
export const shards = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, shard) => `${name}#${shard}`)

/** The partition of one item of such a list. A count may be raised later, because every shard is read; it may not be lowered. */
export const shardOf = (name: string, id: string, count: number): string => `${name}#${hash32(id) % count}`
