import { describe, expect, test } from 'vitest'
import { localClock, localIds } from '../../../worlds/local/clock.ts'
import { readLocalEnvironment } from '../../../worlds/local/environment.ts'
import { callerOf } from '../../../worlds/local/server.ts'
import { type LogLevel, localLog, localMeter, logOptions } from '../../../worlds/local/telemetry.ts'

describe('ids', () => {
  test('are unique and have 26 characters of 0-9a-z', () => {
    const ids = localIds()
    const made = Array.from({ length: 5_000 }, ids.next)
    expect(new Set(made).size).toBe(5_000)
    for (const id of made) expect(id).toMatch(/^[0-9a-z]{26}$/)
  })
  test('sort by time', () => {
    let now = 999
    const ids = localIds(() => now)
    const made = [ids.next()]
    for (now of [1_000, 32_767, 32_768, 1_800_000_000_000, 9_999_999_999_999]) made.push(ids.next())
    expect(made.toSorted()).toEqual(made)
  })
})

describe('the log', () => {
  const lines = (level: LogLevel, pretty = false) => {
    const written: string[] = []
    const log = localLog({ level, pretty, write: (line) => written.push(line) })
    log.info('one', { a: 1 })
    log.warn('two')
    log.error('three', { error: new Error('why'), large: 1n })
    return written
  }
  test('is one JSON object for each line, with the stack of an error', () => {
    const [one, , three] = lines('info').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(one).toMatchObject({ level: 'info', message: 'one', a: 1, time: expect.stringMatching(/Z$/) })
    expect(three).toMatchObject({
      level: 'error',
      error: { message: 'why', stack: expect.stringContaining('Error: why\n') },
      large: '1',
    })
  })
  test('keeps its own time, level and message when fields have the same names', () => {
    const written: string[] = []
    const log = localLog({ level: 'info', pretty: false, write: (line) => written.push(line) })
    log.warn('mine', { message: 'theirs', level: 'info', time: 'never', other: 1 })
    expect(JSON.parse(written[0] ?? '')).toMatchObject({
      message: 'mine',
      level: 'warn',
      time: expect.stringMatching(/Z$/),
      message_: 'theirs',
      other: 1,
    })
  })
  test.each([
    ['silent', 0],
    ['error', 1],
    ['warn', 2],
    ['info', 3],
  ] as const)('writes at level %s %i of three lines', (level, count) => {
    expect(lines(level)).toHaveLength(count)
  })
  test('is readable when it is pretty', () => {
    expect(lines('info', true)[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}one a=1\n$/)
  })
  test('refuses an unknown level', () => {
    expect(logOptions({ CARILLON_LOG: 'warn' }).level).toBe('warn')
    expect(() => logOptions({ CARILLON_LOG: 'loud' })).toThrow(
      'CARILLON_LOG is "loud"; it must be one of silent, error, warn, info',
    )
  })
})

describe('the environment', () => {
  test('has port, folder, handlers and failure type, or the defaults', () => {
    expect(readLocalEnvironment({})).toEqual({ port: 8_080, data: '.carillon', isolate: 'thread' })
    const variables = {
      PORT: '0',
      CARILLON_DATA: '/d',
      CARILLON_HANDLERS: '/h/a b.ts',
      CARILLON_ON_FAILURE: 'notify',
      CARILLON_ISOLATE: 'none',
    }
    expect(readLocalEnvironment(variables)).toEqual({
      port: 0,
      data: '/d',
      handlers: 'file:///h/a%20b.ts',
      isolate: 'none',
      onFailure: 'notify',
    })
  })
  test('has a failure task with an input, as JSON', () => {
    const onFailure = { type: 'http', input: { url: 'https://ops.example.com/failed' } }
    expect(readLocalEnvironment({ CARILLON_ON_FAILURE: JSON.stringify(onFailure) })).toMatchObject({ onFailure })
  })
  test.each([
    ['{"type":"http","input":9007199254740993}', /\/input: 9007199254740993 would become/],
    ['{"typ":"http"}', /it must be the name of a task type, or \{"type"/],
    ['{', /the value is not JSON/],
  ])('refuses the failure task %s', (CARILLON_ON_FAILURE, words) => {
    expect(() => readLocalEnvironment({ CARILLON_ON_FAILURE })).toThrow(/^CARILLON_ON_FAILURE is /)
    expect(() => readLocalEnvironment({ CARILLON_ON_FAILURE })).toThrow(words)
  })
  test('refuses another isolation', () =>
    expect(() => readLocalEnvironment({ CARILLON_ISOLATE: 'process' })).toThrow(
      'CARILLON_ISOLATE is "process"; it must be thread or none',
    ))
  test.each(['x', '-1', '65536', '80.5'])('refuses the port %s', (PORT) => {
    expect(() => readLocalEnvironment({ PORT })).toThrow(`PORT is "${PORT}"`)
  })
})

describe('the caller', () => {
  const host = 'localhost:8080'
  test('is the tenant of the header, with all scopes', () => {
    expect(callerOf({ host })).toMatchObject({ tenant: 'default', scopes: { length: 3 } })
    expect(callerOf({ host: '127.0.0.1', 'x-carillon-tenant': 'acme' })).toMatchObject({ tenant: 'acme' })
    expect(callerOf({ host, origin: 'http://localhost:3000' })).toMatchObject({ tenant: 'default' })
  })
  test.each(['', 'a/b', '.hidden', 'x'.repeat(65)])('cannot be the tenant %j', (tenant) => {
    expect(callerOf({ host, 'x-carillon-tenant': tenant })).toMatchObject({
      refused: 'invalid',
      path: '/headers/x-carillon-tenant',
    })
  })
  test.each([
    [{}],
    [{ host: 'evil.example' }],
    [{ host: 'localhost.evil.example:8080' }],
    [{ host, origin: 'https://evil.example' }],
    [{ host, origin: 'null' }],
  ])('is refused with another host or origin: %j', (headers) => {
    expect(callerOf(headers as Record<string, string>)).toMatchObject({ refused: 'forbidden' })
  })
})

describe('the clock', () => {
  test('a sleep ends early when its signal fires, or has fired before', async () => {
    const stop = new AbortController()
    const slept = localClock.sleep(3_600_000, stop.signal)
    stop.abort()
    await slept
    await localClock.sleep(3_600_000, stop.signal)
  })
  test('a sleep longer than the longest Node timer does not end at once', async () => {
    const stop = new AbortController()
    let ended = false
    const slept = localClock.sleep(2 ** 40, stop.signal).then(() => {
      ended = true
    })
    await localClock.sleep(5)
    expect(ended).toBe(false)
    stop.abort()
    await slept
  })
})

test('the meter has count, sum and maximum', () => {
  const meter = localMeter()
  meter.add('StartLateness', 5, { lane: 'normal' })
  meter.add('StartLateness', 2, { lane: 'high' })
  expect(meter.read('StartLateness')).toEqual({ count: 2, sum: 7, max: 5 })
  expect(meter.read('Failed')).toEqual({ count: 0, sum: 0, max: 0 })
})
