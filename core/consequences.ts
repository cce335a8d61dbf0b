import type { Row } from './kinds.ts'
import { operationConsequences } from './operation/consequences.ts'
import type { Effect } from './row/effect.ts'
import type { Kind } from './row/key.ts'
import { wakeupChanges, wakeupsOf } from './row/wakeups.ts'
import { consequences as taskConsequences, wakes as taskWakes } from './task/consequences.ts'
import { tenantConsequences } from './tenant/consequences.ts'

export type { Effect } from './row/effect.ts'

type Follow = (before: Row | undefined, after: Row | undefined) => readonly Effect[]

/** What follows from changes of each kind of row. From those of the others, such as a unique name, nothing does. */
const follows = {
  task: (before, after) => taskConsequences(ofKind('task', before), ofKind('task', after)),
  tenant: (before, after) => tenantConsequences(ofKind('tenant', before), ofKind('tenant', after)),
  // All that a gate does for others it does when it is turned.
  gate: (before, after) => wakeupChanges(ofKind('gate', before), ofKind('gate', after)),
  operation: (before, after) => operationConsequences(ofKind('operation', before), ofKind('operation', after)),
} as const satisfies Partial<Record<Kind, Follow>>

/** The kinds of rows whose changes have to be heard. */
export const HEARD_KINDS = Object.keys(follows) as readonly (keyof typeof follows)[]

/** What is to be done in the world because a row of any kind was written. Pure, and the same however often it is asked. */
export const consequences: Follow = (before, after) => {
  const kind = (before ?? after)?.kind
  return kind && kind in follows ? follows[kind as keyof typeof follows](before, after) : []
}

/** The wake-up that a row of any kind needs: what the sweep sends again when it seems to have been lost. */
export const wakes = (row: Row): readonly Effect[] => {
  switch (row.kind) {
    case 'task':
      return taskWakes(row)
    case 'gate':
    case 'operation':
      return wakeupsOf(row)
    default:
      return []
  }
}

const ofKind = <Kind extends Row['kind']>(kind: Kind, row: Row | undefined): Extract<Row, { kind: Kind }> | undefined =>
  row?.kind === kind ? (row as Extract<Row, { kind: Kind }>) : undefined
