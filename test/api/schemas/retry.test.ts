import { describe, expect, test } from 'vitest'
import { openApi } from '../../../api/endpoints.ts'
import { taskOf } from '../../../api/schemas/task.ts'
import { read } from '../../../core/reading/read.ts'
import { createTaskRequest } from '../../../core/reading/task-request.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { create, nextRow } from '../../core/task/rows.ts'

const asked = (retry: unknown) => read(createTaskRequest, { type: 'greet', input: 1, retry })

describe('a retry policy in a request', () => {
  test('has all fields of its policy, and is shown as written', () => {
    const written = {
      policy: 'waits',
      waits: ['10s', '1m', '5m'],
      attempts: 9,
      maxAge: '1d',
      jitter: 0.1,
      losses: 2,
      retriable: 'Exception1;Exception2:ErrorCode2',
    }
    const body = asked(written)
    if (isRefusal(body) || !body.value.retry) throw new Error('the policy was refused')
    const row = nextRow(undefined, create({ policy: { ...create().policy, retry: body.value.retry } }))
    expect(taskOf(row).retry).toEqual(written)
  })

  test.each<readonly [string, object, string, RegExp]>([
    ['a misspelt policy', { policy: 'busines-central-online' }, '/retry/policy', /Did you mean "business-central-online"/],
    ['a misspelt field', { policy: 'fixed', maxage: '1h' }, '/retry/maxage', /Did you mean "maxAge"/],
    ["another policy's field", { policy: 'none', reruns: 1 }, '/retry/reruns', /is a field of policy "job-queue" only/],
    ['a wait that is no duration', { policy: 'waits', waits: ['1s', 'soon'] }, '/retry/waits/1', /waits\/1 is "soon"/],
    ['waits that are no list', { policy: 'waits', waits: '10s' }, '/retry/waits', /it must be an array/],
    [
      'a list of retriable errors that is no list',
      { policy: 'fixed', retriable: 'A;:B' },
      '/retry/retriable',
      /must be "Exception1;Exception2:ErrorCode2"/,
    ],
  ])('is refused with %s', (_, retry, path, words) =>
    expect(asked(retry)).toMatchObject({ refused: 'invalid', path, message: expect.stringMatching(words) }),
  )

  test('is described field by field in OpenAPI', () => {
    type Described = { readonly properties: { readonly retry: { readonly properties: object } } }
    const { components } = openApi() as { readonly components: { readonly schemas: { readonly CreateTask: Described } } }
    const { retry } = components.schemas.CreateTask.properties
    expect(Object.keys(retry.properties)).toEqual([
      'policy',
      'wait',
      'maxWait',
      'waits',
      'attempts',
      'reruns',
      'maxAge',
      'jitter',
      'losses',
      'retriable',
    ])
    for (const [name, field] of Object.entries(retry.properties))
      if (name !== 'policy') expect(field).toHaveProperty('description')
  })
})
