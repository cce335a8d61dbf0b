import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { definitionOf } from '../../../core/consequences.ts'
import type { Instant } from '../../../core/instant.ts'
import type { Row } from '../../../core/kinds.ts'
import type { Json } from '../../../core/row/json.ts'
import { keyText } from '../../../core/row/key.ts'
import type { SeriesRow } from '../../../core/series/row.ts'
import type { FailurePolicy, HistoryEntry, Payload, TaskRow } from '../../../core/task/row.ts'
import type { TenantRow } from '../../../core/tenant/row.ts'
import { type PackedGate, packGate, unpackGate } from './holders.ts'
import { indexKeys } from './index-keys.ts'
import { TABLE } from './table.ts'

/** An item in DynamoDB's format. */
export type Item = Record<string, AttributeValue>

/** The key of an item: of a row or a document, or with `sort` of an entry in its list. */
export const itemKey = (partition: string, sort: string = TABLE.alone): Item => ({
  [TABLE.partition]: { S: partition },
  [TABLE.sort]: { S: sort },
})

/** The time-to-live attribute of an item. Rounded up: DynamoDB may delete the item late, never early. */
export const timeToLive = (forgetAt: Instant | undefined): Item =>
  forgetAt === undefined ? {} : { [TABLE.timeToLive]: { N: String(Math.ceil(forgetAt / 1_000)) } }

/**
 * A row as an item, with readable attributes for the DynamoDB console. Some things are packed, because each write bills the
 * whole item: the parts of the key are only in `pk`, a history entry is a list, and the holders of a gate are a text. A small payload is JSON text, which
 * preserves values that DynamoDB's numbers, attribute names and nesting depth cannot.
 */
export const toItem = (row: Row): Item => {
  const { kind: _kind, tenant: _tenant, id: _id, ...rest } = packedRow(row)
  const { forgetAt } = row as { readonly forgetAt?: Instant }
  const body = marshall({ ...rest, ...indexKeys(row) }, { removeUndefinedValues: true })
  return { ...itemKey(keyText(row)), ...body, ...timeToLive(forgetAt) }
}

/** Is this item a row, and neither a document nor an entry beside one? */
export const isRow = (item: Item): boolean => definitionOf(item[TABLE.partition]?.S?.split('/')[0] ?? '') !== undefined

/** Reads the row that `toItem` wrote. */
export const fromItem = (item: Item): Row => {
  const {
    [TABLE.partition]: pk,
    [TABLE.sort]: _sk,
    [TABLE.timeToLive]: _ttl,
    ...all
  } = unmarshall(item) as Record<string, unknown>
  const [kind, tenant, id] = String(pk).split('/')
  const rest = Object.fromEntries(Object.entries(all).filter(([name]) => !INDEX_KEYS.has(name)))
  const row = { kind, tenant, id, ...rest } as unknown
  if (kind === 'task') return unpacked(row as PackedTask)
  if (kind === 'series') return unpackedSeries(row as PackedSeries)
  return kind === 'gate' ? unpackGate(row as PackedGate) : (row as TenantRow)
}

const packedRow = (row: Row) => {
  if (row.kind === 'task') return packed(row)
  if (row.kind === 'series') return packedSeries(row)
  return row.kind === 'gate' ? packGate(row) : row
}

const INDEX_KEYS: ReadonlySet<string> = new Set(Object.values(TABLE.indexes).flatMap(({ partition, sort }) => [partition, sort]))

type PackedPayload = string | Exclude<Payload, { inline: Json }>
type PackedEntry = readonly [
  HistoryEntry['at'],
  HistoryEntry['state'],
  HistoryEntry['by'] | null,
  (HistoryEntry['command'] | null)?,
  (string | null)?,
  (string | null)?,
  RareParts?,
]
type RareParts = Omit<HistoryEntry, 'at' | 'state' | 'by' | 'command' | 'reason' | 'code'>
type PackedTask = Omit<TaskRow, 'input' | 'output' | 'onFailure' | 'history'> & {
  readonly input: PackedPayload
  readonly output?: PackedPayload
  readonly onFailure?: Omit<FailurePolicy, 'input'> & { readonly input?: PackedPayload }
  readonly history: readonly PackedEntry[]
}

type PackedSeries = Omit<SeriesRow, 'task'> & { readonly task: PackedPayloads<SeriesRow['task']> }
/** A part of a row with its payloads packed. */
type PackedPayloads<Of> = Omit<Of, 'input' | 'onFailure'> & Pick<PackedTask, 'input' | 'onFailure'>

const packedSeries = ({ task: { input, onFailure, ...task }, ...rest }: SeriesRow): PackedSeries => ({
  ...rest,
  task: { ...task, input: packPayload(input), ...(onFailure ? { onFailure: packFailure(onFailure) } : {}) },
})

const unpackedSeries = ({ task: { input, onFailure, ...task }, ...rest }: PackedSeries): SeriesRow => ({
  ...rest,
  task: { ...task, input: unpackPayload(input), ...(onFailure ? { onFailure: unpackFailure(onFailure) } : {}) },
})

const packed = ({ input, output, onFailure, history, ...rest }: TaskRow): PackedTask => ({
  ...rest,
  input: packPayload(input),
  ...(output ? { output: packPayload(output) } : {}),
  ...(onFailure ? { onFailure: packFailure(onFailure) } : {}),
  history: history.map((entry, index) => packEntry(entry, history[index - 1]?.by)),
})

const unpacked = ({ input, output, onFailure, history, ...rest }: PackedTask): TaskRow => ({
  ...rest,
  input: unpackPayload(input),
  ...(output === undefined ? {} : { output: unpackPayload(output) }),
  ...(onFailure ? { onFailure: unpackFailure(onFailure) } : {}),
  history: unpackHistory(history),
})

/**
 * The command that most often leads to a state; such an entry does not store it. This table is part of the stored format:
 * an entry may be added, and none may ever be changed.
 */
const USUAL_COMMANDS: Readonly<Partial<Record<HistoryEntry['state'], HistoryEntry['command']>>> = {
  scheduled: 'create',
  pending: 'create',
  running: 'claim',
  waiting: 'wait',
  succeeded: 'succeed',
  failed: 'fail',
  conflicted: 'conflict',
  cancelled: 'cancel',
  expired: 'expire',
  skipped: 'skip',
}

/** Absent parts at the end take no room. The actor of the entry before is not stored again. */
const packEntry = ({ at, state, by, command, reason, code, ...rare }: HistoryEntry, before: string | undefined): PackedEntry => {
  const parts = [
    by === before ? null : by,
    command === USUAL_COMMANDS[state] ? null : command,
    reason ?? null,
    code ?? null,
    Object.keys(rare).length > 0 ? rare : null,
  ] as const
  const length = parts.findLastIndex((part) => part !== null) + 1
  return [at, state, ...parts.slice(0, Math.max(1, length))] as unknown as PackedEntry
}
const unpackHistory = (history: readonly PackedEntry[]): readonly HistoryEntry[] => {
  const entries: HistoryEntry[] = []
  for (const entry of history) entries.push(unpackEntry(entry, entries.at(-1)?.by))
  return entries
}
const unpackEntry = ([at, state, by, command, reason, code, rare]: PackedEntry, before = ''): HistoryEntry => ({
  at,
  state,
  by: by ?? before,
  command: command ?? USUAL_COMMANDS[state] ?? 'create',
  ...(code == null ? {} : { code }),
  ...(reason == null ? {} : { reason }),
  ...rare,
})

const packFailure = ({ input, ...policy }: FailurePolicy): NonNullable<PackedTask['onFailure']> => ({
  ...policy,
  ...(input ? { input: packPayload(input) } : {}),
})
const unpackFailure = ({ input, ...policy }: NonNullable<PackedTask['onFailure']>): FailurePolicy => ({
  ...policy,
  ...(input === undefined ? {} : { input: unpackPayload(input) }),
})
const packPayload = (payload: Payload): PackedPayload => ('inline' in payload ? JSON.stringify(payload.inline) : payload)
const unpackPayload = (payload: PackedPayload): Payload =>
  typeof payload === 'string' ? { inline: JSON.parse(payload) as Json } : payload
