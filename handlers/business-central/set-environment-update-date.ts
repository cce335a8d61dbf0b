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
  updateAt: z.iso.datetime({ offset: true }).describe('Earliest start of the update: ISO 8601 with offset.'),
  ignoreUpdateWindow: z.boolean().default(false).describe('Allows a start outside the update window of the environment.'),
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
 * The task type `set-environment-update-date`: selects the version and the time of the next update of a Business Central
 * environment. It is idempotent: it reads the selection first and changes only a different one. The output is
 * `{environment, targetVersion, updateAt, changed}`.
 */
export const setEnvironmentUpdateDate = (businessCentral: BusinessCentral) =>
  defineTask('set-environment-update-date', {
    description: 'Selects the version and the time of the next update of a Business Central environment.',
    input,
    timeout: '45s',
    retry: { policy: 'exponential', wait: '30s', maxWait: '15m', attempts: 5 },
    run: async (context) => {
      const { applicationFamily, environment, targetVersion, updateAt, ignoreUpdateWindow } = context.input
      const path = [applicationFamily, 'environments', environment, 'updates']
      const listed = await callAdmin(businessCentral, context, 'GET', path)
      if (!isOk(listed)) return unexpectedResponse(listed.request, listed.response, '2xx')

      const { value } = readResponse(listed, updates)
      const offer = value.find((each) => each.targetVersion === targetVersion)
      if (!offer) {
        const offered = value.map((each) => each.targetVersion).join(', ') || 'no version'
        return giveUp(`the target version is ${targetVersion}; ${environment} can be updated to ${offered}`, 'NoSuchVersion')
      }
      if (!offer.available) return giveUp(`version ${targetVersion} is not released yet, so no date can be set`, 'NotReleased')

      const requestedAt = instantOf(updateAt)
      const { selectedDateTime, latestSelectableDate, ignoreUpdateWindow: ignored } = offer.scheduleDetails ?? {}
      const result = { environment, targetVersion, updateAt: iso(requestedAt) }
      if (offer.selected && instantOf(selectedDateTime) === requestedAt && (ignored ?? false) === ignoreUpdateWindow)
        return { ...result, changed: false }
      if (requestedAt > instantOf(latestSelectableDate))
        return giveUp(
          `the date is ${updateAt}; it must be at or before ${latestSelectableDate}, the latest date of ${targetVersion}`,
          'DateTooLate',
        )

      const change = { selected: true, scheduleDetails: { selectedDateTime: iso(requestedAt), ignoreUpdateWindow } }
      const changed = await callAdmin(businessCentral, context, 'PATCH', [...path, targetVersion], change)
      return isOk(changed) ? { ...result, changed: true } : unexpectedResponse(changed.request, changed.response, '2xx')
    },
  })

/** Reads a time of the API; NaN, which equals no time, if it is absent or unreadable. */
const instantOf = (text: string | null | undefined): Instant => parseInstant(text ?? '') ?? Number.NaN
