import { type GateRef, gateKey } from './row.ts'

/**
 * A gate in words, for a task of this tenant: what it lets through, and of whom.
 *
 * @example gateWords('acme/type.copy', 'acme') // 'task type copy'
 * @example gateWords('carillon/lane.low', 'acme') // 'lane low (of all tenants)'
 */
export const gateWords = (gate: GateRef, tenant: string): string => {
  const { tenant: owner, id } = gateKey(gate)
  const whole = owner === tenant ? `tenant ${tenant}` : 'everything'
  const what = id === 'tenant' ? whole : KINDS.reduce((name, [prefix, words]) => name.replace(prefix, words), id)
  return owner === tenant ? what : `${what} (of all tenants)`
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^key\./, 'gate '],
  [/^type\./, 'task type '],
  [/^lane\./, 'lane '],
]
