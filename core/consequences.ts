import type { Row } from './kinds.ts'
import { operationConsequences } from './operation/consequences.ts'
import { type Effect, consequences as taskConsequences, wakes as taskWakes } from './task/consequences.ts'
import { tenantConsequences } from './tenant/consequences.ts'
import { rewakes, turnedWakes } from './turned.ts'

export type { Effect } from './task/consequences.ts'

/** What is to be done in the world because a row of any kind was written. Pure, and the same however often it is asked. */
export const consequences = (before: Row | undefined, after: Row | undefined): readonly Effect[] => {
  const kind = (before ?? after)?.kind
  switch (kind) {
    case 'task':
      return taskConsequences(ofKind('task', before), ofKind('task', after))
    case 'tenant':
      return tenantConsequences(ofKind('tenant', before), ofKind('tenant', after))
    case 'gate':
      // All that a gate does for others it does when it is turned.
      return rewakes(ofKind('gate', before), ofKind('gate', after))
    case 'operation':
      return operationConsequences(ofKind('operation', before), ofKind('operation', after))
    default:
      return []
  }
}

/** The wake-up that a row of any kind needs: what the sweep sends again when it seems to have been lost. */
export const wakes = (row: Row): readonly Effect[] => {
  switch (row.kind) {
    case 'task':
      return taskWakes(row)
    case 'gate':
    case 'operation':
      return turnedWakes(row)
    default:
      return []
  }
}

const ofKind = <Kind extends Row['kind']>(kind: Kind, row: Row | undefined): Extract<Row, { kind: Kind }> | undefined =>
  row?.kind === kind ? (row as Extract<Row, { kind: Kind }>) : undefined
