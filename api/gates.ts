import { isScope } from '../core/gate/requirements.ts'
import { gateRef, type Holder, taskAtPlace } from '../core/gate/row.ts'
import { iso } from '../core/instant.ts'
import { GATE_KEY } from '../core/reading/names.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import { partsOf, refOf } from '../core/row/key.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { Needs } from '../engine/needs.ts'
import { controlOf, declaredLimits, loadControls, loadGate, readScope } from './gate-state.ts'
import { endpoint } from './http/endpoint.ts'
import { gateStateOf } from './schemas/controls.ts'
import { type GateDetails, gateDetails } from './schemas/gate.ts'

/** `GET /v1/gates/{gate}` */
export const getGate = endpoint({
  answers: { 200: gateDetails },
  run: async ({ world: { store }, app, caller: { tenant }, id }) => {
    const controls = isScope(id) ? await loadControls(store, tenant) : {}
    const scope = isScope(id) ? readScope(app, id, controls) : undefined
    if (isRefusal(scope) || (scope === undefined && !isKeyGate(id))) return noGate()
    const { row, waitlist, waiting } = await loadGate(store, tenant, id)
    if (!row && !scope) return noGate()
    const limits = scope ? declaredLimits(app, tenant, scope) : (row?.limits ?? {})
    const state = gateStateOf({ limits, control: scope && controlOf(controls, scope), row, waiting })
    const body: GateDetails = {
      gate: id,
      ...state,
      holders: (row?.holders ?? []).map((holder) => holderOf(holder, tenant)),
      waitlist: await waitingTasks(
        store,
        tenant,
        gateRef(tenant, id),
        waitlist.map(({ at }) => taskAtPlace(at)),
      ),
    }
    return { status: 200, body }
  },
})

const isKeyGate = (id: string): boolean => id.startsWith('key.') && GATE_KEY.test(id.slice('key.'.length))

const noGate = (): Refusal => refuse('unknown', 'this tenant has no gate with this name; a gate exists from its first task on')

const holderOf = ({ task, until, reservedAt }: Holder, tenant: string): GateDetails['holders'][number] => ({
  ...taskRefView(task, tenant),
  until: iso(until),
  ...(reservedAt === undefined ? {} : { reserved: true }),
})

/** The id of a task, and its tenant if the gate belongs to another one. */
const taskRefView = (ref: string, owner: string): { readonly task: string; readonly tenant?: string } => {
  const { tenant, id: task } = partsOf(ref)
  return { task, ...(tenant === owner ? {} : { tenant }) }
}

/** The waiting tasks as their rows show them. A task that has just left can still be in the waitlist; it is omitted. */
const waitingTasks = async (
  store: Needs<'api'>['store'],
  owner: string,
  gate: string,
  refs: readonly string[],
): Promise<GateDetails['waitlist']> => {
  const byTenant = Map.groupBy(refs, (ref) => partsOf(ref).tenant)
  const found = await Promise.all(
    [...byTenant].map(([tenant, refsOfTenant]) =>
      store.getTasks(
        tenant,
        refsOfTenant.map((ref) => partsOf(ref).id),
      ),
    ),
  )
  const rows = new Map(found.flat().map((row: TaskRow) => [refOf(row), row]))
  return refs
    .flatMap((ref) => {
      const row = rows.get(ref)
      return row?.blocked === gate ? [{ ref, row }] : []
    })
    .map(({ ref, row }, index) => ({
      position: index + 1,
      ...taskRefView(ref, owner),
      priority: row.priority ?? 'normal',
      since: iso(row.queuedAt ?? row.updatedAt),
    }))
}
