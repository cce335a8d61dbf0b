import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import {
  conflict,
  defineTask,
  giveUp,
  isOutcome,
  nonRetriable,
  registryOf,
  retriable,
  retryLater,
  snooze,
  type TaskType,
  wait,
} from '../../core/define.ts'
import { DEFAULT_RETRY } from '../../core/retry/policy.ts'

const input = z.object({ name: z.string(), times: z.int().default(1) })
const run = () => undefined

describe('defineTask', () => {
  it('converts the written form of durations and policies into values', () => {
    const greet = defineTask('greet', {
      input,
      description: 'Says hello.',
      timeout: '10s',
      retry: { policy: 'fixed', wait: '1m', attempts: 2 },
      lane: 'high',
      onFailure: 'sulk',
      events: 'all',
      version: 2,
      run,
    })
    expect(greet).toEqual({
      name: 'greet',
      input,
      description: 'Says hello.',
      timeoutMs: 10_000,
      retry: { policy: 'fixed', waitMs: 60_000, attempts: 2 },
      lane: 'high',
      onFailure: 'sulk',
      events: 'all',
      version: 2,
      run,
    })
  })

  it('sets the default retry policy and leaves the timeout to the lane', () => {
    expect(defineTask('greet', { input, run })).toEqual({ name: 'greet', input, retry: DEFAULT_RETRY, run })
  })

  it('gives run the output of the schema as its input', () => {
    defineTask('greet', {
      input,
      run: (context) => {
        expectTypeOf(context.input).toEqualTypeOf<{ name: string; times: number }>()
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>()
      },
    })
  })

  it.each(['a', 'a-b.c', '0x', 'a'.repeat(64)])('takes the name %j', (name) => {
    expect(defineTask(name, { input, run }).name).toBe(name)
  })

  it.each(['', 'A', 'a b', '-a', '.a', 'a_b', 'a/b', 'é', 'a'.repeat(65), 'a\n'])('refuses the name %j', (name) => {
    expect(() => defineTask(name, { input, run })).toThrow(TypeError)
  })

  it('keeps the limit, the time after which a task expires, the priority and the policy against duplicates', () => {
    expect(
      defineTask('greet', {
        input,
        run,
        expiresAfter: '1h',
        limit: { concurrency: 5, across: 'all' },
        priority: 'low',
        unique: { by: ['type'] },
      }),
    ).toEqual({
      name: 'greet',
      input,
      run,
      retry: DEFAULT_RETRY,
      expiresAfterMs: 3_600_000,
      limit: { limit: 5, across: 'all' },
      priority: 'low',
      unique: { by: ['type'], states: ['pending', 'scheduled', 'running', 'waiting'] },
    })
  })

  it('refuses a name with the rule for names', () => {
    expect(() => defineTask('A', { input, run })).toThrow(
      new TypeError('task type "A": a name has 1 to 64 of a-z, 0-9, dot and dash, and starts with a letter or digit'),
    )
  })

  const DURATION = 'a whole number with a unit (ms, s, m, h, d), such as "90s", "5m", "12h", "7d" or "1h30m"'
  it.each<[object, string]>([
    [{ timeout: 'soon' }, `timeout is "soon"; it must be ${DURATION}, above zero`],
    [{ timeout: '0s' }, `timeout is "0s"; it must be ${DURATION}, above zero`],
    [{ timeout: '' }, `timeout is ""; it must be ${DURATION}, above zero`],
    [{ expiresAfter: 'never' }, `expiresAfter is "never"; it must be ${DURATION}, above zero`],
    [{ retry: { policy: 'fixed', attempts: 0 } }, 'retry/attempts: attempts is 0; it must be a whole number from 1 to 100'],
    [{ retry: { policy: 'fixed', wait: 'x' } }, `retry/wait: wait is "x"; it must be ${DURATION}`],
    [{ unique: { by: [] } }, 'unique/by: by has 0 entries; it must have 1 to 10'],
    [{ limit: { concurrency: 0 } }, '/limit/concurrency: 0; it must be at least 1'],
    [{ limit: {} }, '/limit: it must have concurrency, rate, or both'],
    [{ priority: 'urgent' }, 'priority is "urgent"; it must be one of high, normal, low'],
    [{ version: 0 }, 'version is 0; it must be a whole number from 1'],
    [
      { version: 2, upcasters: { 2: () => 1 } },
      'upcasters[2] leads to version 3, but the type has version 2; set version to 3, or remove it',
    ],
  ])('refuses %j with the name of the type, the value and the remedy', (wrong, words) => {
    expect(() => defineTask('greet', { input, run, ...wrong })).toThrow(new TypeError(`task type greet: ${words}`))
  })
})

describe('the registry', () => {
  const type = (name: string, onFailure?: string): TaskType =>
    defineTask(name, { input, run, ...(onFailure ? { onFailure } : {}) })

  it('finds types by name', () => {
    const b = defineTask('b', { input: z.object({ taskId: z.string() }), run })
    const a = type('a', 'b')
    expect([...registryOf([a, b])]).toEqual([
      ['a', a],
      ['b', b],
    ])
  })

  it('accepts types with different inputs', () => {
    const other = defineTask('other', { input: z.object({ id: z.number() }), run: ({ input }) => input.id })
    expect(registryOf([type('a'), other]).size).toBe(2)
  })

  it('refuses two types with one name', () => {
    expect(() => registryOf([type('a'), type('a')])).toThrow('two task types have the name a; names must be unique')
  })

  it('refuses a failure handler that is not registered', () => {
    expect(() => registryOf([type('a', 'gone')])).toThrow('task type a: onFailure names gone, which is not registered')
  })

  it('refuses a failure handler whose schema rejects every failure', () => {
    expect(() => registryOf([type('a', 'b'), type('b')])).toThrow(
      /task type a: onFailure: type b cannot take a failure as its input: \/name: missing.*The input of a failure task is \{taskId/,
    )
  })
})

describe('a failure task with an input', () => {
  const hook = defineTask('hook', { input: z.object({ to: z.string(), failure: z.unknown() }), failureField: 'failure', run })
  const type = (onFailure: TaskType['onFailure']) => defineTask('a', { input, run, ...(onFailure ? { onFailure } : {}) })

  it('is checked with the failure in its field', () => {
    expect(registryOf([type({ type: 'hook', input: { to: 'ops' } }), hook]).size).toBe(2)
    expect(() => registryOf([type({ type: 'hook', input: {} }), hook])).toThrow(
      'task type a: onFailure: /input/to: missing; it must be a string; type hook gets the failure in /failure',
    )
    expect(() => registryOf([hook], { type: 'hook', input: { to: 1 } })).toThrow('task type hook: onFailure: /input/to: 1')
    expect(() => registryOf([hook], { type: 'gone', input: 1 })).toThrow('the catch-all onFailure names gone')
  })
  it('is checked in its form at the definition', () => {
    expect(() => type({ input: 1 } as unknown as string)).toThrow('task type a: onFailure is {"input":1}; it must be the name of')
  })
})

describe('the catch-all for failures', () => {
  const notify = defineTask('notify', { input: z.object({ taskId: z.string() }), run })
  const picky = defineTask('picky', { input: z.object({ type: z.literal('a') }), run })
  const a = defineTask('a', { input, run })
  const b = defineTask('b', { input, onFailure: 'notify', run })

  it('applies to the types that name none', () => {
    expect([...registryOf([a, notify], 'notify').keys()]).toEqual(['a', 'notify'])
    expect(registryOf([b, a, notify], 'notify').size).toBe(3)
  })
  it('must be registered', () => {
    expect(() => registryOf([a], 'gone')).toThrow('the catch-all onFailure names gone, which is not registered')
    expect(() => registryOf([], 'gone')).toThrow('the catch-all onFailure names gone')
  })
  it('must accept the failures of every type, also of its own type', () => {
    expect(() => registryOf([b, notify, a], 'a')).toThrow(
      /task type notify: onFailure: type a cannot take a failure as its input/,
    )
    expect(() => registryOf([a, picky], 'picky')).toThrow(/task type picky: onFailure: type picky cannot take a failure/)
  })
})

describe('the outcomes of a handler', () => {
  it.each([
    [retryLater('busy'), { outcome: 'retryLater', reason: 'busy' }],
    [retryLater('busy', 0), { outcome: 'retryLater', reason: 'busy', delayMs: 0 }],
    [giveUp('no'), { outcome: 'giveUp', reason: 'no' }],
    [giveUp('no', 'Never'), { outcome: 'giveUp', reason: 'no', code: 'Never' }],
    [snooze(5), { outcome: 'snooze', delayMs: 5 }],
    [snooze(5, 'not yet'), { outcome: 'snooze', delayMs: 5, reason: 'not yet' }],
    [conflict('taken'), { outcome: 'conflict', reason: 'taken' }],
    [wait(), { outcome: 'wait' }],
    [wait(5, 'approval'), { outcome: 'wait', forMs: 5, reason: 'approval' }],
  ])('%j', (answer, fields) => {
    expect(isOutcome(answer)).toBe(true)
    expect({ ...answer }).toMatchObject(fields)
    expect(Object.keys(answer).sort()).toEqual(Object.keys(fields).sort())
  })

  it.each([undefined, null, 'snooze', 5, {}, { outcome: 'snooze', delayMs: 5 }, [], () => snooze(5)])(
    'do not include an output that looks like one: %j',
    (value) => {
      expect(isOutcome(value)).toBe(false)
    },
  )

  it.each([
    [retryLater('busy', '5m'), 'delayMs'],
    [snooze('5m'), 'delayMs'],
    [wait('5m'), 'forMs'],
  ])('%j has a written duration in milliseconds', (answer, field) => {
    expect(answer).toHaveProperty(field, 300_000)
  })

  it.each([() => retryLater('busy', 'soon'), () => snooze('soon'), () => wait('soon')])(
    'have no delay that cannot be read, and that error is not retried: %s',
    (make) => {
      const delay = 'a whole number with a unit (ms, s, m, h, d), such as "90s", "5m", "12h", "7d" or "1h30m"'
      expect(make).toThrow(nonRetriable('BadDelay', `delay is "soon"; it must be milliseconds or ${delay}`))
    },
  )

  // A copy of this module in a bundle reads the mark, not the class.
  it.each([retryLater('busy'), giveUp('no'), snooze(5), conflict('taken'), wait()])(
    '%j carries the mark of an outcome',
    (answer) => {
      expect(Reflect.get(answer, Symbol.for('carillon.outcome'))).toBe(true)
    },
  )

  it('are recognised when another copy of this module made them, as in a bundle', () => {
    const foreign = { [Symbol.for('carillon.outcome')]: true, outcome: 'snooze', delayMs: 5 }
    expect(isOutcome(foreign)).toBe(true)
  })
})

describe('the errors of a handler', () => {
  it('state whether a retry can help', () => {
    expect(retriable('Busy', 'come back')).toMatchObject({ name: 'Busy', code: 'Busy', message: 'come back', retriable: true })
    expect(nonRetriable('Gone', 'never')).toMatchObject({ name: 'Gone', code: 'Gone', message: 'never', retriable: false })
    expect(retriable('Busy', 'come back')).toBeInstanceOf(Error)
  })
})
