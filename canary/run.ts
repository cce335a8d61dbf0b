import { type Call, clientOf, ok, type Time } from './caller.ts'
import { type Facts, type Sizes, scenarios } from './scenarios.ts'
import { canaryTypes } from './types.ts'

/** The only tenant for which the canary writes. */
export const CANARY_TENANT = 'carillon-canary'

/** The context of a run: who calls, how time passes, and where lines of progress go. */
export type Canary = { readonly call: Call; readonly time: Time; readonly say: (line: string) => void }

/**
 * Refuses to run for any other tenant than the canary's, and for a deployment without its task types. It only reads.
 *
 * @throws Error that says what to do
 */
export const checkCaller = async (call: Call): Promise<void> => {
  const { tenant } = (await ok(call('GET', '/v1/health'), 'GET of the health')) as { readonly tenant?: string }
  if (tenant !== CANARY_TENANT)
    throw new Error(
      `the credentials belong to tenant ${JSON.stringify(tenant)}; the canary writes only for the tenant ${CANARY_TENANT}. Use a token with the claim "carillon:tenant": "${CANARY_TENANT}", or map your IAM role to it (auth.iamPrincipals)`,
    )
  const { items } = (await ok(call('GET', '/v1/task-types'), 'GET of the task types')) as {
    readonly items: readonly { readonly name: string }[]
  }
  const missing = canaryTypes.filter((type) => !items.some(({ name }) => name === type.name)).map(({ name }) => name)
  if (missing.length > 0)
    throw new Error(
      `the deployment does not have the task types ${missing.join(', ')}. Add them to its handlers module: export const types = [...yours, ...canaryTypes], from carillon/canary`,
    )
}

/** The result of a run. `faults` are scenarios that failed; the facts of the others are complete. */
export type Outcome = { readonly facts: Facts; readonly faults: readonly string[]; readonly tag: string }

/** Runs all scenarios, then cancels every task that is still open. A failed scenario does not stop the others. */
export const runCanary = async ({ call, time, say }: Canary, sizes: Sizes): Promise<Outcome> => {
  await checkCaller(call)
  const tag = `canary-${time.now()}`
  const client = clientOf(call, time, tag)
  const faults: string[] = []
  let facts: Facts = {}
  try {
    for (const group of scenarios) {
      const part = group.map(async (scenario) => {
        try {
          const found = await scenario(client, sizes)
          facts = { ...facts, ...found }
          say(`${scenario.name}: done`)
        } catch (error) {
          faults.push(`${scenario.name}: ${error instanceof Error ? error.message : String(error)}`)
          say(`${scenario.name}: FAILED`)
        }
      })
      await Promise.all(part)
    }
  } finally {
    await cleanUp(call, tag)
  }
  return { facts, faults, tag }
}

/** Cancels the tasks of the run that are open. Tasks that are over are deleted by the retention of the deployment. */
export const cleanUp = async (call: Call, tag: string): Promise<void> => {
  await ok(
    call('POST', '/v1/operations', { action: 'cancel', filter: { tag }, reason: 'the canary cleans up' }),
    'the bulk operation that cleans up',
  )
}
