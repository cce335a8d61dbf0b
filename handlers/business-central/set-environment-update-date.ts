import * as z from 'zod'
import { defineTask, giveUp, type Instant, iso, parseInstant } from '../../core/define.ts'
import { unexpectedResponse } from '../http/unexpected.ts'
import { applicationFamily, type BusinessCentral, callAdmin, environmentName, isOk, readResponse } from './admin.ts'

const input = z.strictObject({
  applicationFamily,
  environment: environmentName.describe('Name of the environment.'),
  targetVersion: z
    .string()
    .regex(/^\d{1,3}\.\d{1,3}$/, 'must be a major and a minor version, such as "26.1"')
    .describe('Version to update to, such as `26.1`.'),
  updateAt: z.iso.datetime({ offset: true }).describe('When the update may start: ISO 8601 with offset.'),
  ignoreUpdateWindow: z
    .boolean()
    .default(false)
    .describe("Whether the update may start outside the environment's update window."),
})

const updates = z.object({
  value: z.array(
    z.object({
      targetVersion: z.string(),
      available: z.boolean(),
      selected: z.boolean(),
      scheduleDetails: z
        .object({
          latestSelectableDate: z.string().nullish(),
          selectedDateTime: z.string().nullish(),
          ignoreUpdateWindow: z.boolean().nullish(),
        })
        .nullish(),
    }),
  ),
})

/**
 * The task type `set-environment-update-date`: selects the version and the time of a Business Central environment's next
 * update. Idempotent: it looks first, and when the environment is as it should be, it changes nothing. The output is
 * `{environment, targetVersion, updateAt, changed}`.
 */
export const setEnvironmentUpdateDate = (businessCentral: BusinessCentral) =>
  defineTask('set-environment-update-date', {
    description: 'Selects version and time of the next update of a Business Central environment.',
    input,
    timeout: '45s',
    retry: { policy: 'exponential', wait: '30s', maxWait: '15m', attempts: 5 },
    run: async (context) => {
      const { applicationFamily, environment, targetVersion, updateAt, ignoreUpdateWindow } = context.input
      const path = [applicationFamily, 'environments', environment, 'updates']
      const asked = await callAdmin(businessCentral, context, 'GET', path)
      if (!isOk(asked)) return unexpectedResponse(asked.request, asked.response, '2xx')

      const { value } = readResponse(asked, updates)
      const offer = value.find((each) => each.targetVersion === targetVersion)
      if (!offer) {
        const offered = value.map((each) => each.targetVersion).join(', ') || 'no version'
        return giveUp(`${environment} can be updated to ${offered}, not to ${targetVersion}`, 'NoSuchVersion')
      }
      if (!offer.available) return giveUp(`version ${targetVersion} is not released yet, so it has no date`, 'NotReleased')

      const wanted = instantOf(updateAt)
      const { selectedDateTime, latestSelectableDate, ignoreUpdateWindow: ignored } = offer.scheduleDetails ?? {}
      const result = { environment, targetVersion, updateAt: iso(wanted) }
      if (offer.selected && instantOf(selectedDateTime) === wanted && (ignored ?? false) === ignoreUpdateWindow)
        return { ...result, changed: false }
      if (wanted > instantOf(latestSelectableDate))
        return giveUp(`the latest date for ${targetVersion} is ${latestSelectableDate}; ${updateAt} is later`, 'DateTooLate')

      const change = { selected: true, scheduleDetails: { selectedDateTime: iso(wanted), ignoreUpdateWindow } }
      const told = await callAdmin(businessCentral, context, 'PATCH', [...path, targetVersion], change)
      return isOk(told) ? { ...result, changed: true } : unexpectedResponse(told.request, told.response, '2xx')
    },
  })

/** A time as the API writes it; one that is absent or cannot be read compares with nothing. */
const instantOf = (text: string | null | undefined): Instant => parseInstant(text ?? '') ?? Number.NaN
