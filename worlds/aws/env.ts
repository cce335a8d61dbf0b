import type { DurationMs } from '../../core/duration.ts'
import type { OnFailure } from '../../core/failure.ts'
import { type Lanes, laneFaults } from '../../core/lanes.ts'
import { readJson } from '../../core/reading/json.ts'
import { type LimitInput, readFarTasks, readLimit } from '../../core/reading/limit.ts'
import { readOnFailure } from '../../core/reading/on-failure.ts'
import { isRefusal } from '../../core/refusal.ts'

export type { OnFailure } from '../../core/failure.ts'
export type { LimitInput } from '../../core/reading/limit.ts'

/** The URL of each lane's queue, by the lane's name. */
export type LaneQueues = Readonly<Record<string, string>>

/** The source of a dead letter, by the ARN that it names: the queue of a lane (`lane:normal`), or a function (`relay`, `publish`). */
export type DeadLetterSources = Readonly<Record<string, string>>

/** The tenant and the scopes of an AWS principal, by the ARN of its IAM role or user. */
export type IamPrincipals = Readonly<Record<string, { readonly tenant: string; readonly scopes: readonly string[] }>>

/** The URL of a lane's queue. @throws Error when it has none: a task's lane was removed from the deployment */
export const queueOf = (queues: LaneQueues, lane: string): string => {
  const url = queues[lane]
  if (!url) throw new Error(`lane ${lane} has no queue; the lanes are ${Object.keys(queues).join(', ')}. Deploy the lane again`)
  return url
}

/**
 * The ARN of a queue, from its URL and the ARN of another queue of the same account and region. All queues of a deployment
 * are in one account and region. With both URL and ARN of each queue, a function's environment could not hold six lanes.
 */
export const queueArn = (url: string, sibling: string): string =>
  sibling.slice(0, sibling.lastIndexOf(':') + 1) + url.slice(url.lastIndexOf('/') + 1)

/** The environment variables of the functions. No function needs all of them. */
export type Env = {
  /** The table's name. */
  readonly table: string
  /** The event bus's ARN, because a bus of another account or region has no name here. Absent when no lifecycle events are published. */
  readonly bus?: string | undefined
  /** The schedule group of Carillon's timers. */
  readonly scheduleGroup: string
  /** The role with which EventBridge Scheduler sends to the lanes. */
  readonly timerRoleArn: string
  /** The standard queue for timer messages that could not be delivered. */
  readonly timerDeadLetterArn: string
  readonly queues: LaneQueues
  readonly lanes: Lanes
  readonly retentionMs: DurationMs
  readonly environmentId: string
  /** The failure task of tasks that name none. Absent: those have no failure task. */
  readonly onFailure?: OnFailure | undefined
  /** The limit of each tenant. Absent: without limit. */
  readonly tenantLimit?: LimitInput | undefined
  /** How many open far tasks each tenant may have. Absent: the default. */
  readonly tenantFarTasks?: number | undefined
  readonly deadLetters: DeadLetterSources
  /** Absent: only IAM policies on `execute-api:Invoke` decide which principal may call the API. */
  readonly principals?: IamPrincipals | undefined
}

/** The name of each environment variable. */
export const VARIABLES = {
  table: 'CARILLON_TABLE',
  bus: 'CARILLON_BUS',
  scheduleGroup: 'CARILLON_SCHEDULE_GROUP',
  timerRoleArn: 'CARILLON_TIMER_ROLE_ARN',
  timerDeadLetterArn: 'CARILLON_TIMER_DEAD_LETTER_ARN',
  queues: 'CARILLON_QUEUES',
  lanes: 'CARILLON_LANES',
  retentionMs: 'CARILLON_RETENTION_MS',
  environmentId: 'CARILLON_ENVIRONMENT_ID',
  onFailure: 'CARILLON_ON_FAILURE',
  tenantLimit: 'CARILLON_TENANT_LIMIT',
  tenantFarTasks: 'CARILLON_TENANT_FAR_TASKS',
  deadLetters: 'CARILLON_DEAD_LETTERS',
  principals: 'CARILLON_PRINCIPALS',
} as const satisfies Record<keyof Env, string>

/** The variables of a process. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Writes environment variables in the form that `readEnv` reads.
 *
 * @example writeEnv({ table: 'carillon' }) // { CARILLON_TABLE: 'carillon' }
 */
export const writeEnv = (env: Partial<Env>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [VARIABLES[name as keyof Env], typeof value === 'string' ? value : JSON.stringify(value)]),
  )

/**
 * Reads the environment variables. Each one is read at its first access, because no function has all of them.
 *
 * @throws TypeError, at the access, when the variable is missing or invalid; the message has its name, its value and the right form
 * @example readEnv(process.env).table // 'carillon'
 */
export const readEnv = (variables: Variables): Env => ({
  get table() {
    return text(variables, VARIABLES.table, 'the name of the table')
  },
  get bus() {
    return variables[VARIABLES.bus] || undefined
  },
  get scheduleGroup() {
    return text(variables, VARIABLES.scheduleGroup, 'the name of the schedule group')
  },
  get timerRoleArn() {
    return text(variables, VARIABLES.timerRoleArn, "the ARN of the timers' role")
  },
  get timerDeadLetterArn() {
    return text(variables, VARIABLES.timerDeadLetterArn, "the ARN of the timers' dead-letter queue")
  },
  get queues() {
    return texts(variables, VARIABLES.queues, QUEUES_FORM)
  },
  get lanes() {
    return lanesIn(variables)
  },
  get retentionMs() {
    return positive(variables, VARIABLES.retentionMs)
  },
  get environmentId() {
    return text(variables, VARIABLES.environmentId, "the environment's name")
  },
  get onFailure() {
    const value = variables[VARIABLES.onFailure]
    return value ? readOnFailure(`environment variable ${VARIABLES.onFailure}`, value) : undefined
  },
  get tenantLimit() {
    return variables[VARIABLES.tenantLimit] ? tenantLimitIn(variables) : undefined
  },
  get tenantFarTasks() {
    const value = variables[VARIABLES.tenantFarTasks]
    return value ? readFarTasks(`environment variable ${VARIABLES.tenantFarTasks}`, Number(value)) : undefined
  },
  get deadLetters() {
    return texts(variables, VARIABLES.deadLetters, SOURCES_FORM)
  },
  get principals() {
    return variables[VARIABLES.principals] ? principalsIn(variables) : undefined
  },
})

const invalid = (name: string, value: string | undefined, expected: string): TypeError =>
  new TypeError(
    value
      ? `environment variable ${name} is ${value}; it must be ${expected}`
      : `environment variable ${name} is missing; set ${expected}`,
  )

const text = (variables: Variables, name: string, expected: string): string => {
  const value = variables[name]
  if (!value) throw invalid(name, value, expected)
  return value
}

const positive = (variables: Variables, name: string): number => {
  const value = variables[name]
  const count = Number(value)
  if (!value || !Number.isSafeInteger(count) || count <= 0)
    throw invalid(name, value, 'a whole number of milliseconds above zero')
  return count
}

const parsed = (variables: Variables, name: string, expected: string): Readonly<Record<string, unknown>> => {
  const value = text(variables, name, expected)
  const read = readJson(value, 'the value')
  if (isRefusal(read)) throw new TypeError(`${invalid(name, value, expected).message}. ${read.message}`)
  const { json } = read
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  throw invalid(name, value, expected)
}

const QUEUES_FORM = 'JSON such as {"normal":"https://sqs…"}'
const SOURCES_FORM = 'JSON such as {"arn:aws:sqs:…":"lane:normal"}'

const texts = (variables: Variables, name: string, expected: string): Readonly<Record<string, string>> => {
  const values = parsed(variables, name, expected)
  if (!Object.values(values).every((value) => typeof value === 'string')) throw invalid(name, variables[name], expected)
  return values as Readonly<Record<string, string>>
}

const PRINCIPALS_FORM = 'JSON such as {"arn:aws:iam::…:role/…":{"tenant":"…","scopes":["carillon/read"]}}'

const principalsIn = (variables: Variables): IamPrincipals => {
  const principals = parsed(variables, VARIABLES.principals, PRINCIPALS_FORM)
  for (const principal of Object.values(principals)) {
    const { tenant, scopes } = Object(principal) as { tenant?: unknown; scopes?: unknown }
    if (typeof tenant !== 'string' || !Array.isArray(scopes))
      throw invalid(VARIABLES.principals, variables[VARIABLES.principals], PRINCIPALS_FORM)
  }
  return principals as IamPrincipals
}

const LIMIT_FORM = 'JSON such as {"concurrency":5,"rate":{"count":100,"per":"1h"}}'

const tenantLimitIn = (variables: Variables): LimitInput => {
  const limit = parsed(variables, VARIABLES.tenantLimit, LIMIT_FORM) as LimitInput
  readLimit(`environment variable ${VARIABLES.tenantLimit}`, limit)
  return limit
}

const LANES_FORM = 'JSON such as {"normal":{"name":"normal","functionTimeoutMs":60000,…}}, as `lane()` returns them'
const BOUNDS = [
  'functionTimeoutMs',
  'handlerTimeoutMs',
  'leaseMs',
  'visibilityMs',
  'memoryMb',
  'maxConcurrency',
  'batchCount',
] as const

const lanesIn = (variables: Variables): Lanes => {
  const lanes = parsed(variables, VARIABLES.lanes, LANES_FORM) as Lanes
  const isComplete = Object.entries(lanes).every(
    ([name, it]) => it?.name === name && BOUNDS.every((bound) => Number.isSafeInteger(it[bound])),
  )
  if (!isComplete) throw invalid(VARIABLES.lanes, variables[VARIABLES.lanes], LANES_FORM)
  const faults = Object.values(lanes).flatMap(laneFaults)
  if (faults.length > 0) throw new TypeError(`environment variable ${VARIABLES.lanes}: ${faults.join('; ')}`)
  return lanes
}
