import { AsyncLocalStorage } from 'node:async_hooks'
import { promiseHooks } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { type Context, type Progress, registryOf, type TaskType } from '../../../core/define.ts'
import { toldLine } from '../../../core/told.ts'
import { type AttemptEnd, endedBy } from '../../../engine/execute/call.ts'
import { parseInput } from '../../../engine/execute/execute.ts'
import { failure } from '../../../engine/execute/outcome.ts'
import type { Log } from '../../../engine/world.ts'
import { callIsolated } from '../../node/attempts.ts'
import type { FromThread, PortableEnd, Reason, ThreadData, ToThread } from './messages.ts'

/** A thread that runs handlers. It imports the module of the task types, like the main thread, and has its own copy of it. */

const { handlers, entered } = workerData as ThreadData
const { types } = (await import(handlers)) as { readonly types: readonly TaskType[] }
const registry = registryOf(types)

type Running = { readonly stop: AbortController; readonly beats: Map<number, () => void> }
const running = new Map<number, Running>()

// When this thread does not answer, the main thread reads here which run blocks it.
const current = new AsyncLocalStorage<number>()
promiseHooks.onBefore(() => {
  const run = current.getStore()
  if (run !== undefined) entered[0] = run
})

const post = (message: FromThread): void => parentPort?.postMessage(message)

parentPort?.on('message', (message: ToThread) => {
  switch (message.message) {
    case 'run':
      begin(message)
      break
    case 'abort': {
      const { name, message: text } = message.reason
      running.get(message.run)?.stop.abort(new DOMException(text, name))
      break
    }
    case 'beaten':
      running.get(message.run)?.beats.get(message.beat)?.()
      break
    case 'ping':
      post({ message: 'pong' })
  }
})
post({ message: 'ready' })

type RunMessage = Extract<ToThread, { message: 'run' }>

/**
 * Calls the handler in the next turn, when all messages that have arrived are read: after this thread was blocked, a run and
 * its abort arrive together, and its handler must not start.
 */
const begin = (message: RunMessage): void => {
  const { run } = message
  const mine: Running = { stop: new AbortController(), beats: new Map() }
  running.set(run, mine)
  setImmediate(() => void current.run(run, call, message, mine))
}

const call = async (message: RunMessage, mine: Running): Promise<void> => {
  const { run } = message
  entered[0] = run
  const { signal } = mine.stop
  const end = signal.aborted ? endedBy(signal.reason, signal) : await endOf(message, mine)
  running.delete(run)
  post({ message: 'end', run, end: portable(end) })
}

const endOf = async (message: RunMessage, mine: Running): Promise<AttemptEnd> => {
  const type = registry.get(message.type)
  if (!type) return { result: failure('UnknownType', `task type ${message.type} is not exported by ${handlers}`, true) }
  const read = parseInput(type, message.input)
  return 'outcome' in read ? { result: read } : callIsolated(type, contextOf(message, read.input, mine))
}

const contextOf = (message: RunMessage, input: unknown, { stop, beats }: Running): Context<unknown> => {
  const { run, task, attempt, idempotencyKey } = message
  const log =
    (level: keyof Log) =>
    (given: string, givenFields?: object): void => {
      const { message: text, fields } = toldLine(given, givenFields)
      post({ message: 'log', run, level, text, fields })
    }
  let beatCount = 0
  const heartbeat = async (progress?: Progress): Promise<void> => {
    const beat = ++beatCount
    const { promise, resolve } = Promise.withResolvers<void>()
    beats.set(beat, resolve)
    // As a log line: values that a message cannot carry become texts, and the main thread fits the progress into its bounds.
    const { fields } = toldLine('', { progress })
    post({ message: 'heartbeat', run, beat, ...(fields.progress === undefined ? {} : { progress: fields.progress as object }) })
    await promise
    beats.delete(beat)
  }
  return {
    input,
    task,
    attempt,
    idempotencyKey,
    signal: stop.signal,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    heartbeat,
  }
}

const portable = ({ abortReason, ...end }: AttemptEnd): PortableEnd => ({
  ...end,
  ...(abortReason ? { abortReason: reasonOf(abortReason) } : {}),
})

const reasonOf = ({ name, message }: DOMException): Reason => ({ name, message })
