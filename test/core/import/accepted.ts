import { expect } from 'vitest'
import type { ImportedSeries } from '../../../core/import/report.ts'
import { SERIES_ID } from '../../../core/reading/names.ts'
import { seriesRequest } from '../../../core/reading/series-request.ts'

/** Expects that each imported series is a body of `PUT /v1/series/{id}`. */
export const accepts = (series: readonly ImportedSeries[]): void => {
  for (const { id, body } of series) {
    expect(seriesRequest.safeParse(body).error?.issues ?? []).toEqual([])
    expect(id).toMatch(SERIES_ID)
  }
}
