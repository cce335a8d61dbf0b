import { hash32 } from '../../core/hash.ts'
import type { Instant } from '../../core/instant.ts'
import type { Row } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import { placesOf } from '../../core/task/places.ts'
import type { Place, WatchPlace } from '../../engine/world.ts'
import { type IndexName, TABLE } from './table.ts'

/** The partitions of a tenant's agenda. */
export const agendaPartitions = (tenant: string): readonly string[] => shards(tenant, LIMITS.agendaShardsCount)
/** The partition of a tenant's tasks that want attention for one reason. */
export const attentionPartition = (tenant: string, reason: string): string => `${tenant}#${reason}`
/** The partitions of the watched wake-ups. */
export const watchPartitions = (): readonly string[] => shards('wake', LIMITS.watchShardsCount)
/** The partition of the watch index that names the tenants. */
export const TENANTS_PARTITION = 'tenants'

/** An instant as sixteen digits, which holds every time that a `Date` does: texts that sort as the times do. */
export const sortable = (at: Instant): string => String(Math.max(0, at)).padStart(16, '0')

/** A place on an agenda as a sort key, and back. */
export const placeText = ({ at, id }: Place): string => `${sortable(at)}#${id}`
export const placeIn = (text: string): Place => {
  const [at, id] = text.split('#')
  return { at: Number(at), id: id ?? '' }
}

/** A watched place as a sort key, and back. */
export const watchText = ({ at, tenant, id }: WatchPlace): string => `${sortable(at)}#${tenant}#${id}`
export const watchIn = (text: string): WatchPlace => {
  const [at, tenant, id] = text.split('#')
  return { at: Number(at), tenant: tenant ?? '', id: id ?? '' }
}

/** The index keys of a row: what `placesOf` says and nothing else. A key that is absent keeps the row out of that index. */
export const indexKeys = (row: Row): Readonly<Record<string, string>> => {
  if (row.kind === 'tenant') return keys('watch', TENANTS_PARTITION, row.tenant)
  const { tenant, id } = row
  const { agenda, watch, attention } = placesOf(row)
  return {
    ...keys('agenda', shardOf(tenant, id, LIMITS.agendaShardsCount), placeText({ at: agenda, id })),
    ...(watch === undefined
      ? {}
      : keys('watch', shardOf('wake', id, LIMITS.watchShardsCount), watchText({ at: watch, tenant, id }))),
    ...(attention === undefined ? {} : keys('attention', attentionPartition(tenant, attention), placeText({ at: agenda, id }))),
  }
}

const keys = (index: IndexName, partition: string, sort: string) => ({
  [TABLE.indexes[index].partition]: partition,
  [TABLE.indexes[index].sort]: sort,
})

const shards = (name: string, count: number) => Array.from({ length: count }, (_, shard) => `${name}#${shard}`)
const shardOf = (name: string, id: string, count: number) => `${name}#${hash32(id) % count}`
