import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'

/**
 * Environment variables that fit into what Lambda gives them. Too many are refused here, where it can be said whose they are, and
 * not in the middle of a deployment. What CloudFormation is still to name is counted with the most that it can have.
 *
 * @throws TypeError when they are too many
 */
export const fittingEnvironment = (scope: Construct, variables: Readonly<Record<string, string>>): Record<string, string> => {
  const shown: Readonly<Record<string, Part>> = Stack.of(scope).resolve(variables)
  const sizes = Object.entries(shown).map(([name, value]) => ({ name, bytes: Buffer.byteLength(name) + most(value) }))
  const bytes = sizes.reduce((sum, one) => sum + one.bytes, 0)
  if (bytes > LIMITS.environmentBytes) {
    const largest = sizes.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3)
    throw new TypeError(
      `the environment variables of ${scope.node.path} must be at most ${LIMITS.environmentBytes} bytes, got up to ${bytes}; ` +
        `the largest are ${largest.map((one) => `${one.name} (${one.bytes})`).join(', ')}: ` +
        'give the handlers fewer of their own, or have fewer lanes or shorter names of them',
    )
  }
  return { ...variables }
}

type Part = string | { readonly 'Fn::Join': readonly [string, readonly Part[]] } | { readonly [reference: string]: unknown }

const most = (part: Part): number => {
  if (typeof part === 'string') return Buffer.byteLength(part)
  if ('Fn::Join' in part) {
    const [between, parts] = part['Fn::Join'] as readonly [string, readonly Part[]]
    return parts.reduce((sum, one) => sum + most(one), between.length * (parts.length - 1))
  }
  return REFERENCE_BYTES
}

/** A queue's URL in the region with the longest name: 57 bytes, and 80 of the queue's own. ARNs and other names are shorter. */
const REFERENCE_BYTES = 137
