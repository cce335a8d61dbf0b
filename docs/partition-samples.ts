import { type CalendarRow, calendarKey, decideCalendar } from '../core/calendar/row.ts'
import type { Controls } from '../core/gate/requirements.ts'
import type { GateRow, Holder } from '../core/gate/row.ts'
import type { Kind, Row } from '../core/kinds.ts'
import { LIMITS } from '../core/limits.ts'
import { decideOperation } from '../core/operation/decide.ts'
import type { BulkOperation } from '../core/operation/row.ts'
import { keyText } from '../core/row/key.ts'
import { decideTask } from '../core/task/decide.ts'
import type { TaskPolicy, TaskRow } from '../core/task/row.ts'
import { toItem } from '../worlds/aws/dynamo/item.ts'
import { itemBytes } from '../worlds/aws/dynamo/item-size.ts'

/** Rows of typical and of greatest size, from which the table of partitions is computed. */

export const NOW = 1_795_287_600_000
export const [TENANT, ID] = ['acme', '01k9abcdefghjkmnpqrstvwxyz']
const CALLER = 'user:alice@contoso.example'
export const idOf = (n: number) => `01k9${String(n).padStart(22, '0')}`
export const rowKey = (kind: Kind, id: string) => keyText({ kind, tenant: TENANT, id })
export const unitsOf = (row: Row) => Math.ceil(itemBytes(toItem(row)) / 1_024)

const policy: TaskPolicy = { type: 'greet', schema: 1, lane: 'normal', timeoutMs: 50_000, retry: { policy: 'none' } }
export const task = (id: string, more: Partial<TaskRow> = {}): TaskRow => {
  const command = { name: 'create', at: NOW, by: CALLER, policy, input: { inline: null }, ready: true, notBefore: NOW } as const
  return { ...(decideTask({ kind: 'task', tenant: TENANT, id }, undefined, command) as TaskRow), ...more }
}

/** A gate with this many holders. */
export const gateOf = (holdersCount: number): GateRow => {
  const holder = (_: unknown, n: number): Holder => ({ task: `${TENANT}/${idOf(n)}`, epoch: 4, until: NOW + 130_000 + 37 * n })
  const holders = Array.from({ length: holdersCount }, holder)
  const limits = { limit: holdersCount }
  return { kind: 'gate', tenant: TENANT, id: 'tenant', version: 9, epoch: 7, updatedAt: NOW, limits, revision: 0, holders }
}

export const controls: Controls = Object.fromEntries(
  Array.from({ length: LIMITS.controlsCount }, (_, n) => [
    `type.${String(n).padStart(20, 'x')}`,
    { limit: 5, paused: { at: NOW, by: CALLER, reason: 'an outage of the service' }, revision: n },
  ]),
)

/** A calendar with as many dates as it may have. */
export const calendar: CalendarRow = {
  ...(decideCalendar(calendarKey(TENANT, 'de-holidays'), undefined, {
    name: 'define',
    at: NOW,
    by: CALLER,
    dates: Array.from({ length: LIMITS.calendarDatesCount }, () => ({
      date: '2026-12-25',
      name: 'x'.repeat(LIMITS.holidayCount),
    })),
  }) as CalendarRow),
}

/** A bulk operation with the largest page of results. */
export const operation: BulkOperation = {
  ...(decideOperation({ kind: 'operation', tenant: TENANT, id: ID }, undefined, {
    name: 'start',
    at: NOW,
    by: CALLER,
    request: { action: 'cancel', filter: {}, rate: { count: LIMITS.operationPerSecondCount, periodMs: 1_000 } },
  }) as BulkOperation),
  results: Array.from({ length: LIMITS.operationPageCount }, (_, n) => ({
    task: idOf(n),
    at: NOW,
    result: 'refused',
    state: 'succeeded',
    detail: 'x'.repeat(LIMITS.reasonCount),
  })),
}
