import { types } from '#handlers'
import { registryOf } from '../core/define.ts'
import { readLimit } from '../core/reading/limit.ts'
import type { App } from '../engine/app.ts'
import type { Env } from '../worlds/aws/env.ts'

/**
 * What this deployment is made of. `#handlers` is the module that exports `types`: this repository's own, or the one that
 * the `handlers` property of the Carillon construct names, put in its place when the function is bundled.
 */
export const appOf = ({ lanes, retentionMs, environmentId, onFailure, tenantLimit }: Env): App => ({
  types: registryOf(types, onFailure),
  lanes,
  retentionMs,
  environmentId,
  ...(onFailure ? { onFailure } : {}),
  ...(tenantLimit ? { tenantLimit: readLimit('tenantLimit', tenantLimit) } : {}),
})
