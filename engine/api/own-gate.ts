import type { TaskType } from '../../core/define.ts'
import type { GateSpec } from '../../core/gate/use.ts'
import { gateField } from '../../core/reading/gate.ts'
import { read } from '../../core/reading/read.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'

/**
 * The gate of a task that is to be made: the one that was asked for, else what its type makes of the input. A type's
 * function is somebody's code, which may throw or answer nonsense at an input that its author did not think of.
 */
export const ownGate = (type: TaskType, asked: GateSpec | undefined, input: unknown): { readonly gate?: GateSpec } | Refusal => {
  if (asked) return { gate: asked }
  if (!type.gate) return {}
  const said = answerOf(type, input)
  if (isRefusal(said)) return said
  if (said.gate === undefined) return {}
  const spec = read(gateField, said.gate)
  return isRefusal(spec) ? noGate(type, `answers what is no gate: ${spec.message}`) : { gate: spec.value }
}

const answerOf = (type: TaskType, input: unknown): { readonly gate: unknown } | Refusal => {
  try {
    return { gate: type.gate?.(input) }
  } catch (error) {
    return noGate(type, `throws: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const noGate = (type: TaskType, why: string): Refusal =>
  refuse('invalid', `/input: the gate function of type ${type.name} ${why}`, { path: '/input' })
