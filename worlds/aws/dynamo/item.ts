import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import type { Instant } from '../../../core/instant.ts'
import type { Row } from '../../../core/kinds.ts'
import type { Json } from '../../../core/row/json.ts'
import { KINDS, keyText } from '../../../core/row/key.ts'
import type { HistoryEntry, Payload, TaskRow } from '../../../core/task/row.ts'
import type { TenantRow } from '../../../core/tenant/row.ts'
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
 * A row as an item, with readable attributes for the DynamoDB console. Two things are packed, because each write bills the
 * whole item: the parts of the key are only in `pk`, and a history entry is a list. A small payload is JSON text, which
 * preserves values that DynamoDB's numbers, attribute names and nesting depth cannot.
 */
export const toItem = (row: Row): Item => {
  const { kind: _kind, tenant: _tenant, id: _id, ...rest } = row.kind === 'task' ? packed(row) : row
  const { forgetAt } = row as { readonly forgetAt?: Instant }
  const body = marshall({ ...rest, ...indexKeys(row) }, { removeUndefinedValues: true })
  return { ...itemKey(keyText(row)), ...body, ...timeToLive(forgetAt) }
}

/** Whether the item is a row, and not a document or an entry. */
export const isRow = (item: Item): boolean => ROW_KINDS.has(item[TABLE.partition]?.S?.split('/')[0] ?? '')

const ROW_KINDS: ReadonlySet<string> = new Set(KINDS)

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
  const row = { kind, tenant, id, ...rest }
  return kind === 'task' ? unpacked(row as unknown as PackedTask) : (row as unknown as TenantRow)
}

const INDEX_KEYS: ReadonlySet<string> = new Set(Object.values(TABLE.indexes).flatMap(({ partition, sort }) => [partition, sort]))

type PackedPayload = string | Exclude<Payload, { inline: Json }>
type PackedEntry = readonly [HistoryEntry['at'], HistoryEntry['state'], HistoryEntry['by'] | null, (string | null)?, RareParts?]
type RareParts = Omit<HistoryEntry, 'at' | 'state' | 'by' | 'reason'>
type PackedTask = Omit<TaskRow, 'input' | 'output' | 'history'> & {
  readonly input: PackedPayload
  readonly output?: PackedPayload
  readonly history: readonly PackedEntry[]
}

const packed = ({ input, output, history, ...rest }: TaskRow): PackedTask => ({
  ...rest,
  input: packPayload(input),
  ...(output ? { output: packPayload(output) } : {}),
  history: history.map((entry, index) => packEntry(entry, history[index - 1]?.by)),
})

const unpacked = ({ input, output, history, ...rest }: PackedTask): TaskRow => ({
  ...rest,
  input: unpackPayload(input),
  ...(output === undefined ? {} : { output: unpackPayload(output) }),
  history: unpackHistory(history),
})

/** A missing field takes no room unless a later one is present. `by` is omitted when it is the same as in the entry before. */
const packEntry = ({ at, state, by, reason, ...more }: HistoryEntry, before: string | undefined): PackedEntry => {
  const author = by === before ? null : by
  if (Object.keys(more).length > 0) return [at, state, author, reason ?? null, more]
  return reason === undefined ? [at, state, author] : [at, state, author, reason]
}
const unpackHistory = (history: readonly PackedEntry[]): readonly HistoryEntry[] => {
  const entries: HistoryEntry[] = []
  for (const entry of history) entries.push(unpackEntry(entry, entries.at(-1)?.by))
  return entries
}
const unpackEntry = ([at, state, by, reason, more]: PackedEntry, before = ''): HistoryEntry => ({
  at,
  state,
  by: by ?? before,
  ...(reason == null ? {} : { reason }),
  ...more,
})

const packPayload = (payload: Payload): PackedPayload => ('inline' in payload ? JSON.stringify(payload.inline) : payload)
const unpackPayload = (payload: PackedPayload): Payload =>
  typeof payload === 'string' ? { inline: JSON.parse(payload) as Json } : payload
