import * as z from 'zod'
import { LIMITS } from '../../core/limits.ts'
import { GATE_ID, SCOPE, TASK_ID } from '../../core/reading/names.ts'
import { createTask, createTasks } from '../../core/reading/task-request.ts'
import { VERSION } from '../../core/version.ts'
import { type OperationId, routes } from '../routes/index.ts'
import type { Route } from '../routes/route.ts'
import { batchAnswer, cancelledTask, createdTask, health, taskPage, taskTypes } from '../schemas/answers.ts'
import { attemptList } from '../schemas/attempts.ts'
import { auditPage } from '../schemas/audit.ts'
import { controlLimit, controlList, controlledScope, controlReason } from '../schemas/controls.ts'
import { deadLetterPage } from '../schemas/dead-letters.ts'
import { explanationView } from '../schemas/explanation.ts'
import { gateAnswer } from '../schemas/gate.ts'
import { operationPage, operationView, resultPage, startOperation } from '../schemas/operation.ts'
import { problem } from '../schemas/problem.ts'
import { readyTask, reasonOnly, rescheduleTask } from '../schemas/requests.ts'
import { taskView } from '../schemas/task.ts'
import type { Endpoint } from './endpoint.ts'

type Doc = Readonly<Record<string, unknown>>

/** Schemas that the description names once and refers to. */
const components: Readonly<Record<string, z.ZodType>> = {
  Task: taskView,
  TaskPage: taskPage,
  CreatedTask: createdTask,
  CreateTask: createTask,
  CreateTasks: createTasks,
  BatchAnswer: batchAnswer,
  ReadyTask: readyTask,
  RescheduleTask: rescheduleTask,
  Reason: reasonOnly,
  StartOperation: startOperation,
  Operation: operationView,
  OperationPage: operationPage,
  ToldPage: resultPage,
  DeadLetterPage: deadLetterPage,
  AuditPage: auditPage,
  CancelledTask: cancelledTask,
  AttemptList: attemptList,
  Explanation: explanationView,
  ControlList: controlList,
  ControlReason: controlReason,
  ControlLimit: controlLimit,
  ControlledScope: controlledScope,
  Gate: gateAnswer,
  TaskTypes: taskTypes,
  Health: health,
  Problem: problem,
}

const refTo = (name: string): string => `#/components/schemas/${name}`

/** Describes the API in OpenAPI 3.1, from the route table and the very schemas that read the requests. */
export const openApiOf = (operations: Readonly<Record<OperationId, Endpoint>>): Doc => ({
  openapi: '3.1.1',
  info: {
    title: 'Carillon',
    version: VERSION,
    description: 'Tasks for a tenant at a time: each runs once, at that time, is retried, watched and never lost.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  paths: pathsOf(operations),
  components: {
    schemas: schemas(),
    securitySchemes: {
      jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      sigv4: {
        type: 'apiKey',
        name: 'Authorization',
        in: 'header',
        description: 'AWS Signature Version 4, service execute-api.',
      },
    },
  },
})

const schemas = (): Doc => {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(components)) registry.add(schema, { id })
  const { schemas: written } = z.toJSONSchema(registry, { io: 'input', unrepresentable: 'any', uri: refTo })
  return Object.fromEntries(Object.entries(written).map(([name, schema]) => [name, bare(schema)]))
}

/** Within a description a schema's own address and dialect are those of the description. */
const bare = ({ $schema: _, $id: __, ...schema }: Doc): Doc => schema

const pathsOf = (operations: Readonly<Record<OperationId, Endpoint>>): Doc =>
  Object.fromEntries(
    [...Map.groupBy(routes, ({ path }) => path)].map(([path, known]) => [
      path,
      Object.fromEntries(known.map((route) => [route.method.toLowerCase(), describe(route, operations[route.operationId])])),
    ]),
  )

const describe = ({ operationId, method, path, scope, summary }: Route, it: Endpoint): Doc => ({
  operationId,
  summary,
  security: [{ jwt: [scope] }, { sigv4: [] }],
  parameters: [...pathParameters(path), ...queryParameters(it.query), ...(it.keyed ? [IDEMPOTENCY_KEY] : [])],
  ...(it.body ? { requestBody: { required: !it.body.safeParse(undefined).success, content: contentOf(it.body) } } : {}),
  responses: {
    ...Object.fromEntries(Object.entries(it.answers).map(([status, schema]) => [status, answerOf(Number(status), schema, it)])),
    default:
      method === 'HEAD'
        ? { description: 'As GET would answer, without the body' }
        : { description: 'A problem; its code says which', content: contentOf(problem, 'application/problem+json') },
  },
})

const contentOf = (schema: z.ZodType, type = 'application/json'): Doc => {
  const name = Object.keys(components).find((known) => components[known] === schema)
  return {
    [type]: { schema: name ? { $ref: refTo(name) } : bare(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })) },
  }
}

const answerOf = (status: number, schema: z.ZodType | undefined, { keyed }: Endpoint): Doc => ({
  description:
    status === 201 ? 'Created' : status === 202 ? 'Accepted' : schema === createdTask ? 'The task was there before' : 'Done',
  ...(keyed && schema === createdTask
    ? { headers: status === 201 ? { Location: TEXT } : { Location: TEXT, 'Idempotent-Replayed': TEXT } }
    : {}),
  ...(schema ? { content: contentOf(schema) } : {}),
})

const TEXT = { schema: { type: 'string' } } as const

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'The same key with the same body makes the same task, or begins the same operation, once; with another body it is refused.',
  schema: { type: 'string', minLength: 1, maxLength: LIMITS.idempotencyKeyCount },
} as const

/** What the parameter of a path must look like, by its name. */
const PARAMETERS: Readonly<Record<string, RegExp>> = { id: TASK_ID, scope: SCOPE, gate: GATE_ID }

const pathParameters = (path: string): readonly Doc[] =>
  Object.entries(PARAMETERS)
    .filter(([name]) => path.includes(`{${name}}`))
    .map(([name, { source: pattern }]) => ({ name, in: 'path', required: true, schema: { type: 'string', pattern } }))

const queryParameters = (query: z.ZodObject): readonly Doc[] => {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' })
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }))
}
