import type { GateCommand } from './gate/command.ts'
import { decideGate } from './gate/decide.ts'
import type { GateRow } from './gate/row.ts'
import type { OperationCommand } from './operation/command.ts'
import { decideOperation } from './operation/decide.ts'
import type { BulkOperation } from './operation/row.ts'
import type { Refusal } from './refusal.ts'
import type { Key } from './row/key.ts'
import type { TaskCommand } from './task/command.ts'
import { decide } from './task/decide.ts'
import type { TaskRow } from './task/row.ts'
import { decideTenant, type TenantCommand, type TenantRow } from './tenant/row.ts'
import { decideUnique, type UniqueCommand, type UniqueRow } from './unique/row.ts'

/** Any row. */
export type Row = TaskRow | TenantRow | GateRow | BulkOperation | UniqueRow
/** Any command. */
export type Command = TaskCommand | TenantCommand | GateCommand | OperationCommand | UniqueCommand

/** The row and the command of each kind. */
export type Kinds = {
  readonly task: { readonly row: TaskRow; readonly command: TaskCommand }
  readonly tenant: { readonly row: TenantRow; readonly command: TenantCommand }
  readonly gate: { readonly row: GateRow; readonly command: GateCommand }
  readonly operation: { readonly row: BulkOperation; readonly command: OperationCommand }
  readonly unique: { readonly row: UniqueRow; readonly command: UniqueCommand }
}

/** The key of a row of a known kind. */
export type KeyOf<Of extends keyof Kinds> = Key & { readonly kind: Of }

type Decide<Of extends keyof Kinds> = (
  key: Key,
  row: Kinds[Of]['row'] | undefined,
  command: Kinds[Of]['command'],
) => Kinds[Of]['row'] | Refusal

/** Who decides for each kind of row. */
export const decides: { readonly [Of in keyof Kinds]: Decide<Of> } = {
  task: decide,
  tenant: decideTenant,
  gate: decideGate,
  operation: decideOperation,
  unique: decideUnique,
}
