import { execFile, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { createReadStream, readFile } from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { abort as abortByName, exit as exitByName } from 'node:process'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { defineTask } from '../../../core/define.ts'

/** A connection that modules share: made outside every attempt, it rejects the promises of all of them. */
const shared = new EventEmitter()

const thrower = (message: string) => () => {
  throw new Error(message)
}

/** What a handler starts and forgets, by name, and the message of the error that it causes. */
export const CARELESS: Readonly<Record<string, { readonly begin: (signal: AbortSignal) => void; readonly message: string }>> = {
  rejection: { begin: () => void Promise.reject(new Error('not awaited')), message: 'not awaited' },
  'rejection of an async function': {
    begin: () =>
      void (async () => {
        await sleep(5)
        throw new Error('later')
      })(),
    message: 'later',
  },
  'rejection by a shared connection': {
    begin: () => {
      void new Promise((_, reject) => shared.once('closed', () => reject(new Error('closed'))))
    },
    message: 'closed',
  },
  'rejection of a fetch': { begin: () => void fetch('http://127.0.0.1:1'), message: 'fetch failed' },
  'throw in setTimeout': { begin: () => void setTimeout(thrower('in a timer'), 5), message: 'in a timer' },
  'throw in setImmediate': { begin: () => void setImmediate(thrower('in an immediate')), message: 'in an immediate' },
  'throw in nextTick': { begin: () => process.nextTick(thrower('in a tick')), message: 'in a tick' },
  'throw in queueMicrotask': { begin: () => queueMicrotask(thrower('in a microtask')), message: 'in a microtask' },
  'error event of an emitter': {
    begin: () => void setTimeout(() => new EventEmitter().emit('error', new Error('emitted')), 5),
    message: 'emitted',
  },
  'error of a stream': { begin: () => void new Readable({ read() {} }).destroy(new Error('destroyed')), message: 'destroyed' },
  'error of a file stream': { begin: () => void createReadStream('/none/such'), message: 'ENOENT: no such file' },
  'error of a socket': { begin: () => void connect(1, '127.0.0.1'), message: 'connect ECONNREFUSED' },
  'error of a request': { begin: () => void get('http://127.0.0.1:1'), message: 'connect ECONNREFUSED' },
  'error of a process': { begin: () => void spawn('/none/such'), message: 'spawn /none/such ENOENT' },
  'throw in a callback of fs': { begin: () => readFile('/none/such', thrower('in a callback')), message: 'in a callback' },
  'throw in a callback of a process': {
    begin: () => void execFile(process.execPath, ['--version'], thrower('in a callback')),
    message: 'in a callback',
  },
  'process.exit': { begin: () => process.exit(3), message: 'the handler called process.exit(3)' },
  'process.exit that is caught': {
    begin: () => {
      try {
        exitByName()
      } catch {}
    },
    message: 'the handler called process.exit()',
  },
  'process.exit in a timer': {
    begin: () => void setTimeout(() => process.exit(), 5),
    message: 'the handler called process.exit()',
  },
  'process.abort': { begin: () => abortByName(), message: 'the handler called process.abort()' },
  'process.kill': {
    begin: () => void process.kill(process.pid, 'SIGKILL'),
    message: "the handler called process.kill(process.pid, 'SIGKILL')",
  },
}

// Outside every attempt: the events of the connection belong to none.
setInterval(() => shared.emit('closed'), 5).unref()

const policy = { policy: 'fixed', wait: '1ms', attempts: 2 } as const

/** Handlers that are careless while they run. They end by their signal, which fires when the attempt fails. */
const whileRunning = Object.entries(CARELESS).map(([name, { begin }]) =>
  defineTask(typeName(name), {
    input: z.unknown(),
    retry: policy,
    run: async ({ signal }) => {
      begin(signal)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  }),
)

export function typeName(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-')
}

export const types = [
  ...whileRunning,
  // It rejects and returns in one turn, before Node reports the rejection.
  defineTask('returns-at-once', {
    input: z.unknown(),
    retry: policy,
    run: () => {
      void Promise.reject(new Error('not awaited'))
      return 'answered'
    },
  }),
  // Its error comes long after its answer.
  defineTask('answered-before', {
    input: z.unknown(),
    run: () => {
      setTimeout(thrower('too late'), 20)
      return 'answered'
    },
  }),
  // Its signal's listener throws, and the timeout of the task calls it.
  defineTask('throws-when-aborted', {
    input: z.unknown(),
    timeout: '20ms',
    retry: { policy: 'none' },
    run: async ({ signal }) => {
      signal.addEventListener('abort', thrower('in a listener'))
      await sleep(60_000, undefined, { ref: false })
    },
  }),
  defineTask('neighbour', { input: z.object({ forMs: z.number() }), run: async ({ input }) => void (await sleep(input.forMs)) }),
]
