import type { Kind, Row } from '../core/kinds.ts'
import { LIMITS } from '../core/limits.ts'
import { type ListKey, timePlace } from '../core/row/list.ts'
import { unarmedList } from '../engine/unarmed.ts'
import { documentKey } from '../worlds/aws/dynamo/documents.ts'
import { entryPartition } from '../worlds/aws/dynamo/entries.ts'
import { attentionPartitions, indexKeys } from '../worlds/aws/dynamo/index-keys.ts'
import { toItem } from '../worlds/aws/dynamo/item.ts'
import { itemBytes } from '../worlds/aws/dynamo/item-size.ts'
import { type IndexName, TABLE } from '../worlds/aws/dynamo/table.ts'
import { calendar, controls, gateOf, ID, idOf, NOW, operation, rowKey, TENANT, task, unitsOf } from './partition-samples.ts'

/**
 * The partition keys of the table and its indexes, with the greatest rate of writes to each. The keys come from the code
 * that writes them, and the rates from `LIMITS`. `docs/limits-on-aws.md` shows the result.
 */
type Partition = {
  readonly writes: string
  /** Write units in a second, and how they follow from the limits. */
  readonly unitsPerSecond: number
  readonly because: string
  /** What happens beyond this rate, or beyond a full partition. */
  readonly beyond: string
  /** Only the callers of this one row, list or document wait when its partition is full. Otherwise the partition may never be full. */
  readonly isOwn?: true
  /** The partition key of the `n`th write. */
  readonly keyOf: (n: number) => string
}

const { apiRatePerSecondCount: api, tenantTasksPerSecondCount: tasks, partitionWritesCount: full } = LIMITS
const OWN = 'Only requests for this row wait.'
const apiRate = (row: string) => `${count(api)} API requests/s, all to one ${row}`
const count = (value: number): string => Math.round(value).toLocaleString('en')
const pages = LIMITS.operationPerSecondCount / LIMITS.operationPageCount

const rows: Readonly<Record<Kind | 'document', Partition>> = {
  task: {
    writes: 'each change of one task',
    unitsPerSecond: api,
    because: apiRate('task'),
    beyond: OWN,
    isOwn: true,
    keyOf: () => rowKey('task', ID),
  },
  tenant: {
    writes: 'pauses and limits of a tenant; a mark of each sweep; its visits, four times an hour',
    unitsPerSecond:
      api *
      unitsOf({ kind: 'tenant', tenant: TENANT, id: TENANT, version: 1, createdAt: NOW, swept: { at: NOW, id: '' }, controls }),
    because: `${apiRate('tenant')} that has ${LIMITS.controlsCount} controls`,
    beyond: 'Only the controls of this tenant wait. Executors read the row, and reads have a bound of their own.',
    isOwn: true,
    keyOf: () => rowKey('tenant', TENANT),
  },
  gate: {
    writes: 'two writes for each task that passes',
    unitsPerSecond: full,
    because: 'as many passes as fit: see below',
    beyond: 'Tasks wait at the gate. The relay repeats the release of places; the changes behind it wait.',
    isOwn: true,
    keyOf: () => rowKey('gate', 'key.erp'),
  },
  operation: {
    writes: 'two writes for each page of a bulk operation',
    unitsPerSecond: 2 * pages * unitsOf(operation),
    because: `${count(pages)} pages/s (\`operationPerSecondCount\`), ${unitsOf(operation)} units at most`,
    beyond: 'The operation is slower.',
    isOwn: true,
    keyOf: () => rowKey('operation', ID),
  },
  unique: {
    writes: 'a new task for a unique key, or a postponed one',
    unitsPerSecond: api,
    because: apiRate('key'),
    beyond: OWN,
    isOwn: true,
    keyOf: () => rowKey('unique', ID),
  },
  calendar: {
    writes: 'each edit of one calendar',
    unitsPerSecond: unitsOf(calendar),
    because: `one edit/s of ${count(LIMITS.calendarDatesCount)} dates with the longest names`,
    beyond: OWN,
    isOwn: true,
    keyOf: () => rowKey('calendar', 'de-holidays'),
  },
  series: {
    writes: 'two writes for each occurrence of one series, and each edit',
    unitsPerSecond: full,
    because: 'as many occurrences as fit',
    beyond: 'The occurrences of this series are late.',
    isOwn: true,
    keyOf: () => rowKey('series', ID),
  },
  sweep: {
    writes: 'the progress of the sweep, each minute at most',
    unitsPerSecond: 1,
    because: 'one sweep runs at a time',
    beyond: 'The next sweep begins where the last stored progress is.',
    isOwn: true,
    keyOf: () => rowKey('sweep', 'progress'),
  },
  document: {
    writes: 'one input, output or stack',
    unitsPerSecond: Math.ceil(LIMITS.payloadBytes / 1_024),
    because: 'written once; `payloadBytes`',
    beyond: 'Only this task waits.',
    isOwn: true,
    keyOf: () => documentKey(TENANT, ID, 'digest'),
  },
}

const listKey = (list: string, id: string): ListKey => ({ list, tenant: TENANT, id })
const joins = LIMITS.partitionReadsCount / 2

/** The ordered lists, by name. */
export const lists: Readonly<Record<string, Partition>> = {
  waitlist: {
    writes: 'a task joins or leaves the waitlist of a gate',
    unitsPerSecond: 2 * joins,
    because: `${count(joins)} joins/s: executor and relay read the row of the gate (\`partitionReadsCount\`)`,
    beyond: 'The reads of the gate are throttled first.',
    keyOf: (n) => entryPartition(listKey('waitlist', 'key.erp'), timePlace(NOW + (n >> 3), `${TENANT}/${idOf(n)}`)),
  },
  results: {
    writes: 'the result of each task of a bulk operation',
    unitsPerSecond: 2 * LIMITS.operationPerSecondCount,
    because: `${count(LIMITS.operationPerSecondCount)} tasks/s, up to 2 units`,
    beyond: 'Cannot occur: a faster rate is refused.',
    keyOf: (n) => entryPartition(listKey('results', ID), timePlace(Math.floor(n / 100), String(n % 100).padStart(4, '0'))),
  },
  audit: {
    writes: "each command of a tenant's callers, also by bulk operations",
    unitsPerSecond: tasks + api,
    because: `${count(tasks)} tasks/s of bulk operations, and ${count(api)} API requests/s`,
    beyond: 'The relay repeats the writes; the changes behind them wait.',
    keyOf: (n) => entryPartition(listKey('audit', TENANT), timePlace(NOW + (n >> 3), idOf(n), 2)),
  },
  unarmed: {
    writes: 'the nudge of a refused timer, and its end',
    unitsPerSecond: 2 * tasks,
    because: `${count(tasks)} far tasks/s, if EventBridge Scheduler refuses all timers`,
    beyond: 'The relay repeats the writes; the changes behind them wait.',
    keyOf: (n) => entryPartition(unarmedList(idOf(n)), timePlace(NOW + (n >> 3), `${idOf(n)}-1`)),
  },
  operations: {
    writes: 'the start and the end of a bulk operation',
    unitsPerSecond: 2 * api,
    because: `${count(api)} API requests/s, all of them starts`,
    beyond: 'The relay repeats the writes; the changes behind them wait.',
    keyOf: (n) => entryPartition(listKey('operations', TENANT), timePlace(NOW + (n >> 3), idOf(n))),
  },
  calendars: {
    writes: 'the creation of a calendar',
    unitsPerSecond: api,
    because: `${count(api)} API requests/s, all of them creations`,
    beyond: 'The relay repeats the writes; the changes behind them wait.',
    keyOf: (n) => entryPartition(listKey('calendars', TENANT), `holidays-${n}`),
  },
  allSeries: {
    writes: 'the creation and the deletion of a series',
    unitsPerSecond: 2 * api,
    because: `${count(api)} API requests/s, all of them creations`,
    beyond: 'The relay repeats the writes; the changes behind them wait.',
    keyOf: (n) => entryPartition(listKey('allSeries', TENANT), idOf(n)),
  },
  occurrences: {
    writes: 'each occurrence of one series, started or skipped',
    unitsPerSecond: full,
    because: 'as many occurrences as the row of the series takes',
    beyond: 'The relay repeats the writes; the changes behind them wait.',
    keyOf: (n) => entryPartition(listKey('occurrences', ID), timePlace(NOW + n * 1_000, idOf(n))),
  },
}

const indexKeyOf = (index: IndexName, row: Row) => String(indexKeys(row)[TABLE.indexes[index].partition])
const SLOWER = 'All writes of the table are throttled.'

const indexes: Readonly<Record<IndexName | 'far' | 'tenants', Partition>> = {
  agenda: {
    writes: 'each new task of a tenant, and each new `notBefore`',
    unitsPerSecond: 2 * tasks,
    because: `${count(tasks)} new tasks/s (\`tenantTasksPerSecondCount\`), each with a failure task`,
    beyond: SLOWER,
    keyOf: (n) => indexKeyOf('agenda', task(idOf(n))),
  },
  attention: {
    writes: 'each task of a tenant that fails, waits, conflicts or expires, and each redrive',
    unitsPerSecond: tasks,
    because: `${count(tasks)} tasks/s that fail`,
    beyond: SLOWER,
    keyOf: (n) => indexKeyOf('attention', task(idOf(n), { state: 'failed' })),
  },
  far: {
    writes: `one in ${count(LIMITS.farSampleCount)} far tasks of a tenant, and its end`,
    unitsPerSecond: (2 * tasks) / LIMITS.farSampleCount,
    because: `${count(tasks)} far tasks/s`,
    beyond: SLOWER,
    keyOf: () => attentionPartitions(TENANT, 'far')[0] ?? '',
  },
  watch: {
    writes: 'wake-ups of all tenants: four units for each attempt after the first, two for each far or blocked task',
    unitsPerSecond: LIMITS.tableWritesCount,
    because: 'all that the table takes (`tableWritesCount`)',
    beyond: 'The table is throttled first.',
    keyOf: (n) => indexKeyOf('watch', task(idOf(n), { dueAt: NOW + 1 })),
  },
  tenants: {
    writes: 'a tenant that has tasks again after a while, and one that has none any more',
    unitsPerSecond: LIMITS.tableWritesCount / 2,
    because: 'its row is written too, so half of what the table takes (`tableWritesCount`)',
    beyond: 'The table is throttled first.',
    keyOf: (n) =>
      indexKeyOf('watch', {
        kind: 'tenant',
        tenant: idOf(n),
        id: idOf(n),
        version: 1,
        createdAt: NOW,
        swept: { at: NOW, id: '' },
        visitedUntil: NOW,
      }),
  },
}

/** Every partition key: of rows and documents, of lists, and of indexes. */
export const partitions: readonly Partition[] = [...Object.values(rows), ...Object.values(lists), ...Object.values(indexes)]

/** How many partitions the writes of one tenant use, and how many units a second the fullest of them gets. */
export const heatOf = ({ keyOf, unitsPerSecond }: Partition): { readonly count: number; readonly fullest: number } => {
  const used = Map.groupBy(
    Array.from({ length: SAMPLE_COUNT }, (_, n) => keyOf(n)),
    (key) => key,
  )
  const largest = Math.max(...[...used.values()].map(({ length }) => length))
  return { count: used.size, fullest: (unitsPerSecond * largest) / SAMPLE_COUNT }
}

/** Enough that the fullest of 64 shards is shown without much chance. */
const SAMPLE_COUNT = 20_000

/** The partition key with its variable parts named. */
const patternOf = (key: string): string =>
  key
    .replace(TENANT, '<tenant>')
    .replace(TENANT, '<tenant>')
    .replace(ID, '<id>')
    .replace('key.erp', '<gate>')
    .replace('digest', '<digest>')
    .replace(/#\d+$/, '#<shard>')

/** The table of docs/limits-on-aws.md. */
export const partitionTable = (): string => {
  const parts = [
    ['table', { ...rows, ...lists }],
    ...Object.entries(indexes).map(([index, it]) => [{ far: 'attention', tenants: 'watch' }[index] ?? index, { it }] as const),
  ] as const
  const lines = parts.flatMap(([index, each]) =>
    Object.values(each).map((it) => {
      const { count: partitionsCount, fullest } = heatOf(it)
      const { writes, unitsPerSecond, because, beyond } = it
      const units = `${count(unitsPerSecond)}: ${because}`
      return `| ${index} | \`${patternOf(it.keyOf(0))}\` | ${writes} | ${units} | ${partitionsCount} | ${count(fullest)} | ${beyond} |`
    }),
  )
  return [
    '| in | partition key | what writes there | greatest rate, units a second | shards | the fullest gets | beyond |',
    '|---|---|---|---|---:|---:|---|',
    ...lines,
  ].join('\n')
}

/** What a gate can do: the size of its row, and the tasks that can pass it in a second. */
export const gateTable = (): string => {
  const lines = [1, 10, 20, 25, 50, 100].map((limit) => {
    const bytes = itemBytes(toItem(gateOf(limit)))
    const units = Math.ceil(bytes / 1_024)
    return `| ${limit} | ${count(bytes)} | ${units} | ${count(full / (2 * units))} |`
  })
  return [
    '| limit, all places taken | bytes of the row | units of a write | passes a second |',
    '|---:|---:|---:|---:|',
    ...lines,
  ].join('\n')
}
