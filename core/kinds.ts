import { calendarKind } from './calendar/kind.ts'
import { gateKind } from './gate/kind.ts'
import { operationKind } from './operation/kind.ts'
import type { Refusal } from './refusal.ts'
import type { Key } from './row/key.ts'
import { seriesKind } from './series/kind.ts'
import { sweepKind } from './sweep/kind.ts'
import { taskKind } from './task/kind.ts'
import { tenantKind } from './tenant/kind.ts'
import { uniqueKind } from './unique/kind.ts'

/** All kinds of rows. A new kind is one folder and one line here. */
export const kinds = {
  task: taskKind,
  tenant: tenantKind,
  gate: gateKind,
  operation: operationKind,
  unique: uniqueKind,
  sweep: sweepKind,
  calendar: calendarKind,
  series: seriesKind,
} as const

/** The name of a kind. Every key starts with it. */
export type Kind = keyof typeof kinds
/** The row of a kind. */
export type RowOf<Of extends Kind> = Exclude<ReturnType<(typeof kinds)[Of]['decide']>, Refusal>
/** The command of a kind. */
export type CommandOf<Of extends Kind> = Parameters<(typeof kinds)[Of]['decide']>[2]
/** The key of a row of a kind. */
export type KeyOf<Of extends Kind> = Key & { readonly kind: Of }
/** Any row. */
export type Row = RowOf<Kind>
/** Any command. */
export type Command = CommandOf<Kind>
