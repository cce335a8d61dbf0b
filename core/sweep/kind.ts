import { defineKind } from '../row/kind.ts'
import { decideSweep, type SweepCommand, type SweepRow } from './row.ts'

/** The progress of the sweep. Its changes have no effects. */
export const sweepKind = defineKind<SweepRow, SweepCommand>({ decide: decideSweep })
