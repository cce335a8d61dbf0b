import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { parseDuration } from '../../../core/duration.ts'
import { read } from '../../../core/reading/read.ts'
import { createTaskRequest, createTasksRequest } from '../../../core/reading/task-request.ts'
import { isRefusal } from '../../../core/refusal.ts'

const least = { type: 'copy', input: {} }

/** The message of the refusal of a request with these fields, or what was read. */
const messageFor = (fields: object): unknown => {
  const answer = read(createTaskRequest, { ...least, ...fields })
  return isRefusal(answer) ? answer.message : answer.value
}

const DURATION = 'a whole number with a unit (ms, s, m, h, d), such as "90s", "5m", "12h", "7d" or "1h30m"'
const ON_FAILURE = 'the name of a task type, or {"type": name, "input": the input of the failure task}'

describe('a request for a task', () => {
  test('is read into milliseconds, instants and policies', () => {
    const whole = {
      type: 'copy',
      input: { from: 'a' },
      notBefore: '2030-01-31T20:00:00Z',
      ready: false,
      timeout: '30s',
      expiresAfter: '1h',
      retry: { policy: 'fixed', wait: '1m', attempts: 5 },
      lane: 'high',
      unique: { by: ['type'], within: '1h', states: ['running'], onDuplicate: { replace: ['tags'] } },
      gate: { key: 'env', limit: 2, onBusy: 'skip' },
      priority: 'low',
      tags: ['nightly'],
      onFailure: { type: 'http', input: 1 },
    }
    expect(read(createTaskRequest, whole)).toEqual({
      value: {
        ...whole,
        notBefore: Date.parse(whole.notBefore),
        timeout: 30_000,
        expiresAfter: 3_600_000,
        retry: { policy: 'fixed', waitMs: 60_000, attempts: 5 },
        unique: { by: ['type'], withinMs: 3_600_000, states: ['running'], replace: ['tags'] },
      },
    })
    const debounced = { ...least, debounce: { key: 'k', delay: '5s', maxDelay: '5s' } }
    expect(read(createTaskRequest, debounced)).toEqual({
      value: { ...least, debounce: { key: 'k', delay: 5_000, maxDelay: 5_000 } },
    })
    expect(read(createTaskRequest, least)).toEqual({ value: least })
  })

  test.each<[object, string]>([
    [{ type: '' }, '/type: "" has 0 characters; it must have at least 1'],
    [{ lane: 'l'.repeat(65) }, `/lane: "${'l'.repeat(65)}" has 65 characters; it must have at most 64`],
    [
      { notBefore: 'tomorrow' },
      '/notBefore: "tomorrow"; it must be an ISO 8601 time with offset, such as "2030-01-31T20:00:00Z" or "2030-01-31T21:00:00.250+01:00"',
    ],
    [{ delay: 'soon' }, `/delay: "soon"; it must be ${DURATION}, from 0s to 3652d12h`],
    [{ delay: '3652d13h' }, `/delay: "3652d13h"; it must be ${DURATION}, from 0s to 3652d12h`],
    [{ timeout: '0s' }, `/timeout: "0s"; it must be ${DURATION}, from 1ms to 3652d12h`],
    [{ expiresAfter: '0s' }, `/expiresAfter: "0s"; it must be ${DURATION}, from 1ms to 3652d12h`],
    [{ retry: { policy: 'fixed', wait: 'x' } }, `/retry/wait: wait is "x"; it must be ${DURATION}`],
    [{ unique: { by: [] } }, '/unique/by: by has 0 entries; it must have 1 to 10'],
    [
      { unique: { by: ['type', 'id'] } },
      '/unique/by/1: "id"; it must be "type", "input" or a JSON pointer into the input such as "/customer/id", of at most 200 characters',
    ],
    [{ unique: { within: '0s' } }, `/unique/within: within is "0s"; it must be ${DURATION}, above zero and at most 3652d12h`],
    [{ tags: ['a\nb'] }, '/tags/0: "a\\nb"; it must be one line, without control characters'],
    [{ tags: [''] }, '/tags/0: "" has 0 characters; it must have at least 1'],
    [{ onFailure: 1 }, `/onFailure: 1; it must be ${ON_FAILURE}`],
    [{ notBefore: '2030-01-31T20:00:00Z', delay: '1s' }, '/delay: given together with notBefore; give one of them'],
    [{ debounce: { key: 'k', delay: '1s' }, unique: {} }, '/debounce: given together with unique; give one of them'],
    [{ debounce: { key: 'k', delay: '1s' }, delay: '1s' }, '/debounce: given together with delay; give one of them'],
    [
      { debounce: { key: 'k', delay: '1s' }, notBefore: '2030-01-31T20:00:00Z' },
      '/debounce: given together with notBefore; give one of them',
    ],
    [{ debounce: { key: '', delay: '1s' } }, '/debounce/key: "" has 0 characters; it must have at least 1'],
    [{ debounce: { key: 'k', delay: '2s', maxDelay: '1s' } }, '/debounce/maxDelay: 1s; it must be at least the delay of 2s'],
  ])('is refused with path, value and remedy: %j', (fields, message) => expect(messageFor(fields)).toBe(message))

  test('in a batch is one of 1 to 100', () => {
    expect(read(createTasksRequest, { tasks: [1] })).toEqual({ value: { tasks: [1] } })
    expect(read(createTasksRequest, { tasks: [] })).toMatchObject({
      message: '/tasks: [] has 0 entries; it must have at least 1',
    })
    expect(read(createTasksRequest, { tasks: Array.from({ length: 101 }, () => 1) })).toMatchObject({
      message: expect.stringMatching(/ has 101 entries; it must have at most 100$/),
    })
    expect(read(createTasksRequest, { tasks: [1], task: 1 })).toMatchObject({
      message: '/task: unknown field; the fields are tasks. Did you mean "tasks"?',
    })
  })
})

/** What OpenAPI says about a field. */
type Field = {
  readonly description?: string
  readonly format?: string
  readonly pattern?: string
  readonly type?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Field>>
  readonly anyOf?: readonly Field[]
}

describe('the description of a request', () => {
  const schema = z.toJSONSchema(createTaskRequest, { io: 'input', unrepresentable: 'any' }) as unknown as {
    readonly $ref: string
    readonly $defs: Readonly<Record<string, Field>>
  }
  const fieldsIn = (field: Field, at: string): readonly (readonly [string, Field])[] => [
    ...Object.entries(field.properties ?? {}).flatMap(([name, inner]) => [
      [`${at}/${name}`, inner] as const,
      ...fieldsIn(inner, `${at}/${name}`),
    ]),
    ...(field.anyOf ?? []).flatMap((form) => fieldsIn(form, at)),
  ]
  const fields = new Map(fieldsIn(schema.$defs.CreateTask ?? {}, ''))
  /** Their names say what they are, or the field around them does. */
  const SELF_EXPLAINING = [
    '/retry/policy',
    '/unique/onDuplicate/replace',
    '/gate/rate/count',
    '/gate/rate/per',
    '/onFailure/type',
  ]

  test('has the names of the schemas in OpenAPI', () => {
    expect(schema.$ref).toBe('#/$defs/CreateTask')
    expect(z.toJSONSchema(createTasksRequest, { io: 'input' })).toMatchObject({
      $defs: { CreateTasks: { properties: { tasks: { items: { $ref: '#/components/schemas/CreateTask' } } } } },
    })
  })

  test('explains each field in sentences', () => {
    for (const [path, { description }] of fields)
      if (!SELF_EXPLAINING.includes(path)) expect(description, path).toMatch(/^["A-Za-z].{20,}\.$/)
  })

  test('has a default that is what an absent field means', () => {
    const defaults = [...fields].flatMap(([path, field]) => ('default' in field ? [[path, field.default]] : []))
    expect(Object.fromEntries(defaults)).toEqual({
      '/ready': true,
      '/unique/by': ['type', 'input'],
      '/unique/states': ['pending', 'scheduled', 'running', 'waiting'],
      '/unique/onDuplicate': 'existing',
      '/gate/onBusy': 'wait',
    })
    expect(messageFor({ unique: {} })).toEqual(
      messageFor({
        unique: {
          by: fields.get('/unique/by')?.default,
          states: fields.get('/unique/states')?.default,
          onDuplicate: fields.get('/unique/onDuplicate')?.default,
        },
      }),
    )
  })

  test.each(['/delay', '/timeout', '/expiresAfter', '/debounce/delay', '/debounce/maxDelay', '/gate/rate/per'])(
    'has the pattern of a duration for %s',
    (path) => {
      const pattern = new RegExp(fields.get(path)?.pattern ?? '^$')
      for (const text of [
        '90s',
        '5m',
        '12h',
        '7d',
        '1h30m',
        '1ms',
        '999999999999ms',
        '',
        '5',
        's',
        '1.5s',
        'x5s',
        '5sx',
        `${'1'.repeat(13)}s`,
      ])
        expect(pattern.test(text), text).toBe(parseDuration(text) !== undefined)
    },
  )

  test('has the format of a time', () => {
    expect(fields.get('/notBefore')).toMatchObject({ format: 'date-time', type: 'string' })
  })

  test('has the bounds of the numbers of a retry policy, which are those that are read', () => {
    const numbers = ['attempts', 'reruns', 'jitter', 'losses'].map((name) => [name, fields.get(`/retry/${name}`)] as const)
    expect(numbers.map(([name, field]) => [name, field?.type, field?.minimum, field?.maximum])).toEqual([
      ['attempts', 'integer', 1, 100],
      ['reruns', 'integer', 0, 10],
      ['jitter', 'number', 0, 1],
      ['losses', 'integer', 0, 20],
    ])
    for (const [name, field] of numbers) {
      const policy = name === 'reruns' ? 'job-queue' : 'fixed'
      const isRead = (value: number): boolean =>
        !isRefusal(read(createTaskRequest, { ...least, retry: { policy, [name]: value } }))
      const { minimum = Number.NaN, maximum = Number.NaN } = field ?? {}
      expect([minimum - 1, minimum, maximum, maximum + 1].map(isRead), name).toEqual([false, true, true, false])
    }
  })

  test('has examples that are accepted', () => {
    const policyOf: Readonly<Record<string, string>> = {
      wait: 'fixed',
      maxWait: 'exponential',
      waits: 'waits',
      maxAge: 'fixed',
      retriable: 'fixed',
    }
    /** The fields of a request with a value at this path, and with what the value needs beside it. */
    const withValue = (path: string, value: unknown): object => {
      const [, name = '', inner = ''] = path.split('/')
      if (path === '/gate/rate/per') return { gate: { key: 'k', rate: { count: 1, per: value } } }
      if (name === 'debounce') return { debounce: { key: 'k', delay: '1s', [inner]: value } }
      if (name === 'retry') return { retry: { policy: policyOf[inner], [inner]: value } }
      return { [name]: inner === '' ? value : { [inner]: value } }
    }
    const withExamples = [...fields].flatMap(([path, { examples = [] }]) => (examples.length > 0 ? [path] : []))
    expect(withExamples).toEqual([
      '/type',
      '/notBefore',
      '/delay',
      '/timeout',
      '/expiresAfter',
      ...Object.keys(policyOf).map((name) => `/retry/${name}`),
      '/unique/by',
      '/unique/within',
      '/debounce/delay',
      '/debounce/maxDelay',
      '/gate/key',
      '/gate/rate/per',
    ])
    for (const path of withExamples)
      for (const example of fields.get(path)?.examples ?? []) {
        const text = JSON.stringify(example)
        expect(text, path).not.toMatch(/^(""|\[\])$/)
        expect(messageFor(withValue(path, example)), `${path}: ${text}`).toBeTypeOf('object')
      }
  })
})
