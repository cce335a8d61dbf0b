import { types } from '#handlers'
import { registryOf } from '../core/define.ts'
import { readLimit } from '../core/reading/limit.ts'
import type { App } from '../engine/app.ts'
import type { Env } from '../worlds/aws/env.ts'

/**
 * The task types and settings of this deployment. `#handlers` is the module that exports `types`. It is the module of this
 * repository, or the module of the construct's `handlers` property, which replaces it when the function is bundled.
 */
export const appOf = ({ lanes, retentionMs, environmentId, onFailure, tenantLimit, tenantFarTasks }: Env): App => ({
  types: registryOf(types, onFailure),
  lanes,
  retentionMs,
  environmentId,
  ...(onFailure ? { onFailure } : {}),
  ...(tenantLimit ? { tenantLimit: readLimit('tenantLimit', tenantLimit) } : {}),
  tenantFarTasks,
})
