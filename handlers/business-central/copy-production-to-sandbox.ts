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
import { readBody } from '../http/message.ts'
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
    sandbox: environmentName.describe('Name of the sandbox that the copy becomes. There must be no environment of this name.'),
  })
  .refine(({ production, sandbox }) => production.toLowerCase() !== sandbox.toLowerCase(), {
    path: ['sandbox'],
    error: 'must differ from production',
  })

/** Answers by which the API says that something is in the way. */
const IN_THE_WAY = /resourceExists|environmentReservationFailed|tenantAlreadyProvisioning/i

/**
 * The task type `copy-production-to-sandbox`: starts the copy of a Business Central environment, and then looks in on it
 * from time to time; between the looks it is a row that waits, and costs nothing. The output is
 * `{operationId, production, sandbox}`. A copy to the same sandbox that was running already ends the task as conflicted.
 *
 * It keeps no state of its own: every attempt asks the service which copies there are, so a worker that dies after
 * starting one loses nothing.
 */
export const copyProductionToSandbox = (businessCentral: BusinessCentral) =>
  defineTask('copy-production-to-sandbox', {
    description: 'Copies a Business Central production environment to a new sandbox and waits for the end of it.',
    input,
    timeout: '45s',
    retry: { policy: 'exponential', wait: '30s', maxWait: '15m', attempts: 5 },
    run: async (context) => {
      const { applicationFamily, sandbox } = context.input
      const asked = await callAdmin(businessCentral, context, 'GET', [applicationFamily, 'environments', 'operations'])
      if (!isOk(asked)) return unexpectedResponse(asked.request, asked.response, '2xx')
      const copies = readResponse(asked, operations).value.filter(copiesTo(sandbox))
      const mine = copies.filter((each) => isMine(context, each)).sort((a, b) => createdAt(b) - createdAt(a))[0]
      if (mine) return look(context, mine)
      const other = copies.find((each) => !hasEnded(each))
      if (other) return conflict(`operation ${other.id} is copying to ${sandbox} already`)
      return start(businessCentral, context)
    },
  })

type Copying = Context<z.output<typeof input>>

/**
 * The service knows no names of ours. But only a later attempt can find a copy that this task has started; if that has
 * ended already, it was asked for after the task was due, or it was somebody else's.
 */
const isMine = ({ attempt, task, input }: Copying, each: Operation): boolean =>
  attempt > 1 && copiesFrom(input.production)(each) && (!hasEnded(each) || createdAt(each) >= task.notBefore - LIMITS.clockSkewMs)

const look = ({ input: { production, sandbox } }: Copying, { id, status, errorMessage, ...copy }: Operation): Json | Outcome => {
  if (!hasEnded({ id, status, ...copy })) return snooze(LIMITS.pollMs, `copying: ${status}`)
  if (status.toLowerCase() === 'succeeded') return { operationId: id, production, sandbox }
  return giveUp(`operation ${id} has ${status.toLowerCase()}: ${errorMessage || 'no reason is given'}`, 'CopyFailed')
}

const start = async (businessCentral: BusinessCentral, context: Copying): Promise<Json | Outcome> => {
  const { applicationFamily, production, sandbox } = context.input
  const path = [applicationFamily, 'environments', production, 'copy']
  const told = await callAdmin(businessCentral, context, 'POST', path, { environmentName: sandbox, type: 'Sandbox' })
  if (isOk(told)) {
    context.log.info('copy started', { operationId: readResponse(told, operation).id, sandbox })
    return snooze(LIMITS.pollMs, 'copy started')
  }
  const obstacle = obstacleOf(told)
  if (!obstacle) return unexpectedResponse(told.request, told.response, '2xx')
  // On a later attempt it may be our own copy, which the list of operations does not show yet.
  return context.attempt > 1 ? retryLater(obstacle) : conflict(obstacle)
}

const obstacleOf = (asked: AdminResponse): string | undefined => {
  const { data } = z.object({ code: z.string(), message: z.string().nullish() }).safeParse(readBody(asked.response))
  return data && IN_THE_WAY.test(data.code) ? `${data.code}: ${data.message || 'something else is in the way'}` : undefined
}

/** An operation on an environment, as the admin center API tells of it. */
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

/** The list of them. */
export const operations = z.object({ value: z.array(operation) })

const ENDED = new Set(['succeeded', 'failed', 'canceled', 'cancelled', 'skipped'])

/** Has it come to an end? A status that is not known counts as still going on: asking again is harmless. */
export const hasEnded = ({ status }: Operation): boolean => ENDED.has(status.toLowerCase())

/** Is it a copy to this environment? The API compares names without case. */
export const copiesTo = (environment: string) => (each: Operation) =>
  each.type.toLowerCase() === 'copy' && same(each.parameters?.destinationEnvironmentName, environment)

/** Is it from this environment? */
export const copiesFrom = (environment: string) => (each: Operation) => same(each.parameters?.sourceEnvironmentName, environment)

/** When it was asked for; before everything else if that cannot be read. */
export const createdAt = ({ createdOn }: Operation): Instant => parseInstant(createdOn) ?? 0

const same = (a: string | null | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase()
