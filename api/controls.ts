import type { Scope } from '../core/gate/requirements.ts'
import { LIMITS } from '../core/limits.ts'
import { limitsFrom } from '../core/reading/limit.ts'
import { isRefusal, type Refusal } from '../core/refusal.ts'
import { type ControlCommand, tenantKey } from '../core/tenant/row.ts'
import { apply, openTenant } from '../engine/apply.ts'
import { sideBySide } from '../engine/side-by-side.ts'
import { forgetControls } from '../engine/tenant.ts'
import { limitedScopes, loadControls, loadGateState, readScope } from './gate-state.ts'
import { type Answer, type Call, endpoint } from './http/endpoint.ts'
import { controlLimit, controlList, controlledScope, controlReason, gateStateOf } from './schemas/controls.ts'
import { stampOf } from './tasks/commands.ts'

/** `GET /v1/controls` */
export const listControls = endpoint({
  answers: { 200: controlList },
  run: async ({ world: { store }, app, caller: { tenant } }) => {
    const controls = await loadControls(store, tenant)
    const items = await sideBySide(limitedScopes(app, tenant, controls), LIMITS.batchParallelCount, async (scope) => ({
      scope,
      ...gateStateOf(await loadGateState(store, app, tenant, scope, controls)),
    }))
    return { status: 200, body: { items } }
  },
})

/** `POST /v1/controls/{scope}/pause` */
export const pauseScope = endpoint({
  body: controlReason,
  answers: { 200: controlledScope },
  run: (call) => commandScope(call, (scope) => ({ name: 'pause', ...stampOf(call, call.body.reason), scope })),
})

/** `POST /v1/controls/{scope}/resume` */
export const resumeScope = endpoint({
  body: controlReason,
  answers: { 200: controlledScope },
  run: (call) => commandScope(call, (scope) => ({ name: 'resume', ...stampOf(call, call.body.reason), scope })),
})

/** `POST /v1/controls/{scope}/limit` */
export const limitScope = endpoint({
  body: controlLimit,
  answers: { 200: controlledScope },
  run: (call) => {
    const { concurrency, rate, reason } = call.body
    return commandScope(call, (scope) => ({
      name: 'limit',
      ...stampOf(call, reason),
      scope,
      limits: limitsFrom(concurrency, rate),
    }))
  },
})

/** Applies a command to a scope. A repeated command succeeds with `changed: false`: two operators may pause the same scope. */
const commandScope = async (call: Call, commandFor: (scope: Scope) => ControlCommand): Promise<Answer | Refusal> => {
  const { world, app, caller, id } = call
  const { tenant } = caller
  const scope = readScope(app, id, await loadControls(world.store, tenant))
  if (isRefusal(scope)) return scope
  await openTenant(world, tenant, caller.by)
  const done = await apply(world, tenantKey(tenant), () => commandFor(scope))
  if (isRefusal(done) && done.refused !== 'unchanged') return done
  forgetControls(world.store, tenant)
  const state = await loadGateState(world.store, app, tenant, scope, await loadControls(world.store, tenant))
  return { status: 200, body: { scope, ...gateStateOf(state), changed: !isRefusal(done) } }
}
