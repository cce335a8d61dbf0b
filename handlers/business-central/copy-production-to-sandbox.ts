import * as z from 'zod'
import {
  type Context,
  conflict,
  defineTask,
  giveUp,
  type Instant,
  type Json,
  LIMITS,
  type Outcome,
  parseInstant,
  retryLater,
  snooze,
} from '../../core/define.ts'
import { readBody } from '../http/input.ts'
import { unexpectedResponse } from '../http/unexpected.ts'
import {
  type AdminResponse,
  applicationFamily,
  type BusinessCentral,
  callAdmin,
  environmentName,
  isOk,
  readResponse,
} from './admin.ts'

const input = z
  .strictObject({
    applicationFamily,
    production: environmentName.describe('Name of the environment to copy.'),
    sandbox: environmentName.describe('Name of the new sandbox. No environment may have this name.'),
  })
  .refine(({ production, sandbox }) => production.toLowerCase() !== sandbox.toLowerCase(), {
    path: ['sandbox'],
    error: 'must differ from production',
  })

/** Error codes of a conflict with another operation or environment. */
const CONFLICTS = /resourceExists|environmentReservationFailed|tenantAlreadyProvisioning/i

/**
 * The task type `copy-production-to-sandbox`: starts the copy of a Business Central environment and polls its state. Between the
 * polls the task is a waiting row and needs no worker. The output is `{operationId, production, sandbox}`. If another copy to the
 * same sandbox is running already, the task ends as conflicted.
 *
 * The task stores no state: each attempt lists the copies of the service, so the loss of a worker after the start loses nothing.
 */
export const copyProductionToSandbox = (businessCentral: BusinessCentral) =>
  defineTask('copy-production-to-sandbox', {
    description: 'Copies a Business Central production environment to a new sandbox and waits for the end of the copy.',
    input,
    timeout: '45s',
    retry: { policy: 'exponential', wait: '30s', maxWait: '15m', attempts: 5 },
    run: async (context) => {
      const { applicationFamily, sandbox } = context.input
      const listed = await callAdmin(businessCentral, context, 'GET', [applicationFamily, 'environments', 'operations'])
      if (!isOk(listed)) return unexpectedResponse(listed.request, listed.response, '2xx')
      const copies = readResponse(listed, operations).value.filter(copiesTo(sandbox))
      const own = copies.filter((each) => isOwn(context, each)).sort((a, b) => createdAt(b) - createdAt(a))[0]
      if (own) return poll(context, own)
      const other = copies.find((each) => !hasEnded(each))
      if (other) return conflict(`operation ${other.id} is already copying to ${sandbox}`)
      return start(businessCentral, context)
    },
  })

type Copying = Context<z.output<typeof input>>

/**
 * Has this task started the operation? The service stores no name of the caller. Only a later attempt can find a copy that this
 * task has started; if the copy has ended, it must have been created after the time of the task.
 */
const isOwn = ({ attempt, task, input }: Copying, each: Operation): boolean =>
  attempt > 1 && copiesFrom(input.production)(each) && (!hasEnded(each) || createdAt(each) >= task.notBefore - LIMITS.clockSkewMs)

const poll = ({ input: { production, sandbox } }: Copying, { id, status, errorMessage, ...copy }: Operation): Json | Outcome => {
  if (!hasEnded({ id, status, ...copy })) return snooze(LIMITS.pollMs, `copying: ${status}`)
  if (status.toLowerCase() === 'succeeded') return { operationId: id, production, sandbox }
  return giveUp(`operation ${id} ended as ${status.toLowerCase()}: ${errorMessage || 'no reason given'}`, 'CopyFailed')
}

const start = async (businessCentral: BusinessCentral, context: Copying): Promise<Json | Outcome> => {
  const { applicationFamily, production, sandbox } = context.input
  const path = [applicationFamily, 'environments', production, 'copy']
  const started = await callAdmin(businessCentral, context, 'POST', path, { environmentName: sandbox, type: 'Sandbox' })
  if (isOk(started)) {
    context.log.info('copy started', { operationId: readResponse(started, operation).id, sandbox })
    return snooze(LIMITS.pollMs, 'copy started')
  }
  const reason = conflictOf(started)
  if (!reason) return unexpectedResponse(started.request, started.response, '2xx')
  // On a later attempt the conflict can be the copy of this task, which the list of operations does not show yet.
  return context.attempt > 1 ? retryLater(reason) : conflict(reason)
}

const conflictOf = ({ response }: AdminResponse): string | undefined => {
  const { data } = z.object({ code: z.string(), message: z.string().nullish() }).safeParse(readBody(response))
  return data && CONFLICTS.test(data.code) ? `${data.code}: ${data.message || 'no reason given'}` : undefined
}

/** An operation on an environment in the admin center API. */
export const operation = z.object({
  id: z.string(),
  type: z.string(),
  status: z.string(),
  createdOn: z.string(),
  errorMessage: z.string().nullish(),
  parameters: z
    .object({ sourceEnvironmentName: z.string().nullish(), destinationEnvironmentName: z.string().nullish() })
    .nullish(),
})
export type Operation = z.output<typeof operation>

/** The list of operations. */
export const operations = z.object({ value: z.array(operation) })

const ENDED = new Set(['succeeded', 'failed', 'canceled', 'cancelled', 'skipped'])

/** Has the operation ended? An unknown status counts as running, because another poll is harmless. */
export const hasEnded = ({ status }: Operation): boolean => ENDED.has(status.toLowerCase())

/** Is this a copy to the environment? The API compares names case-insensitively. */
export const copiesTo = (environment: string) => (each: Operation) =>
  each.type.toLowerCase() === 'copy' && same(each.parameters?.destinationEnvironmentName, environment)

/** Is this a copy from the environment? */
export const copiesFrom = (environment: string) => (each: Operation) => same(each.parameters?.sourceEnvironmentName, environment)

/** The time of the request; 0 if it cannot be read. */
export const createdAt = ({ createdOn }: Operation): Instant => parseInstant(createdOn) ?? 0

const same = (a: string | null | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase()
