import { describe, expect, test } from 'vitest'
import { requestOf } from '../../functions/http-event.ts'
import { call } from '../functions/events.ts'
import { ALICE, scene } from './scene.ts'

/** A number that no double holds, in each place where a request brings JSON. Nothing is stored, and the answer has path and remedy. */

const BIG = '9007199254740993'

const CASES: readonly (readonly [name: string, method: string, path: string, text: string, at: string])[] = [
  ['an input', 'POST', '/v1/tasks', `{"type":"free","input":{"entry":${BIG}}}`, '/input/entry'],
  ['an input with a fraction of zeros', 'POST', '/v1/tasks', `{"type":"free","input":${BIG}.0}`, '/input'],
  ['a deeply nested input', 'POST', '/v1/tasks', `{"type":"free","input":[[{"a":[1,${BIG}]}]]}`, '/input/0/0/a/1'],
  ['an input with unique', 'POST', '/v1/tasks', `{"type":"free","input":${BIG},"unique":{}}`, '/input'],
  [
    'an input with a debounce',
    'POST',
    '/v1/tasks',
    `{"type":"free","input":${BIG},"debounce":{"key":"k","delay":"1m"}}`,
    '/input',
  ],
  ['a debounce key', 'POST', '/v1/tasks', `{"type":"free","input":1,"debounce":{"key":${BIG},"delay":"1m"}}`, '/debounce/key'],
  ['a gate key', 'POST', '/v1/tasks', `{"type":"free","input":1,"gate":{"key":${BIG},"limit":1}}`, '/gate/key'],
  [
    'an entry of a batch',
    'POST',
    '/v1/tasks/batch',
    `{"tasks":[{"type":"free","input":1},{"type":"free","input":${BIG}}]}`,
    '/tasks/1/input',
  ],
  ['a command', 'POST', '/v1/tasks/{id}/reschedule', `{"notBefore":${BIG}}`, '/notBefore'],
  ['a bulk operation', 'POST', '/v1/operations', `{"command":"cancel","filter":{"tag":${BIG}}}`, '/filter/tag'],
  ['a limit', 'POST', '/v1/controls/tenant/limit', `{"concurrency":${BIG}}`, '/concurrency'],
]

describe('a number that JavaScript does not keep', () => {
  test.each(CASES)('in %s is refused with its path, and nothing is stored', async (_, method, address, text, at) => {
    const { request, create, world } = scene()
    const { id } = (await create({ type: 'free', input: 0, delay: '1h' })).body
    const caller = { ...ALICE, scopes: ['carillon/admin'] as const }
    const { status, body } = await request(method, address.replace('{id}', id), { text, caller })
    expect([status, body.code, body.path]).toEqual([400, 'invalid', at])
    expect(body.detail).toContain(`would become 9007199254740992`)
    expect(body.detail).toContain('write it as a text: "9007199254740993')
    expect(await world.store.agenda({ tenant: 'acme', order: 'latest', limit: 10 })).toHaveLength(1)
  })

  test('is refused too when the request is repeated under its idempotency key', async () => {
    const { request } = scene()
    const post = (entry: string) =>
      request('POST', '/v1/tasks', { text: `{"type":"free","input":{"entry":${entry}}}`, headers: { 'idempotency-key': 'k' } })
    const first = await post('9007199254740991')
    expect([first.status, first.body.input.entry]).toEqual([201, 9007199254740991])
    expect(await post('9007199254740993')).toMatchObject({ status: 400, body: { path: '/input/entry' } })
    expect(await post('9007199254740990')).toMatchObject({ status: 409, body: { code: 'idempotencyConflict' } })
    expect(await post('9007199254740991.0')).toMatchObject({ status: 200, body: { id: first.body.id } })
  })

  test('is not confused with -0: a creation whose answer was lost is no conflict when it is sent again', async () => {
    const { request, world } = scene()
    const { put } = world.store
    // The store writes the row and repeats the write, as an AWS client does after a lost answer.
    const twice: typeof put = async (row, expected) => {
      await put(row, expected)
      return put(row, expected)
    }
    Object.assign(world.store, { put: twice })
    const { status, body } = await request('POST', '/v1/tasks', { text: '{"type":"free","input":{"n":-0}}' })
    expect([status, body.input]).toEqual([201, { n: 0 }])
  })

  test('as a text is kept', async () => {
    const { request } = scene()
    const { body } = await request('POST', '/v1/tasks', { text: `{"type":"free","input":{"entry":"${BIG}"}}` })
    expect((await request('GET', `/v1/tasks/${body.id}`)).body.input).toEqual({ entry: BIG })
  })
})

test.each([
  ['{"type":"free","type":"greet","input":1}', '/type'],
  ['{"type":"free","input":{"a":1,"\\u0061":2}}', '/input/a'],
])('a field that is given twice is refused with its path: %s', async (text, at) => {
  const { status, body } = await scene().request('POST', '/v1/tasks', { text })
  expect([status, body.code, body.path]).toEqual([400, 'invalid', at])
  expect(body.detail).toBe(`${at}: this field is given twice in its object; give it once`)
})

test('a byte order mark is refused by its name', async () => {
  const { status, body } = await scene().request('POST', '/v1/tasks', { text: '\ufeff{"type":"free","input":1}' })
  expect([status, body.code, body.path]).toEqual([400, 'invalid', ''])
  expect(body.detail).toMatch(/^the body begins with a byte order mark \(U\+FEFF\)/)
})

describe('a body that is not UTF-8', () => {
  const BYTES = { latin1: Buffer.from('{"type":"free","input":"Müller"}', 'latin1'), utf16: Buffer.from('\ufeff{}', 'utf16le') }
  test.each([
    ['latin1', 'the body is not UTF-8; JSON must be sent as UTF-8'],
    ['utf16', 'the body is UTF-16; JSON must be sent as UTF-8'],
  ] as const)('is refused and not repaired: %s', async (encoding, detail) => {
    const event = call('POST /v1/tasks', undefined, { body: BYTES[encoding].toString('base64'), isBase64Encoded: true })
    const { body: given } = requestOf(event)
    const { status, body } = await scene().request('POST', '/v1/tasks', { bytes: given as Uint8Array })
    expect([status, body.code, body.detail]).toEqual([400, 'invalid', detail])
  })
})
