import { Worker } from 'node:worker_threads'
import type { Context, TaskType } from '../../../core/define.ts'
import { LIMITS } from '../../../core/limits.ts'
import { messageOf } from '../../../core/thrown.ts'
import { type AttemptEnd, type CallHandler, endedBy } from '../../../engine/execute/call.ts'
import type { Log } from '../../../engine/world.ts'
import { localClock } from '../clock.ts'
import type { FromThread, PortableEnd, ThreadData, ToThread } from './messages.ts'

/** Threads that run handlers, so that an endless synchronous loop of one blocks neither the API nor the engine. */
export type ThreadPool = {
  readonly callHandler: CallHandler
  /** Why the handler with this context cannot run: another one blocks their thread. */
  readonly heldUp: (context: Context<unknown>) => string | undefined
  readonly stop: () => Promise<void>
}

type Run = { readonly context: Context<unknown>; readonly resolve: (end: AttemptEnd) => void }
type Thread = {
  readonly worker: Worker
  readonly runs: Map<number, Run>
  /** The run whose code the thread has entered last. */
  readonly entered: Int32Array
  /** Checks since the last answer of the thread. Checks are counted, so that a busy machine waits longer. */
  silentCount: number
}

/**
 * Starts one thread. All handlers share it, as they would share the main thread, until it stops to answer: then new attempts
 * go to another thread, and the attempts beside the blocking one are interrupted. A blocked thread is ended when the
 * blocking attempt is over: at its timeout, a cancel, or a stop.
 *
 * @param handlers the module that exports `types`, as a `file:` URL
 * @throws Error when the module cannot be imported in a thread
 */
export const threadPool = async (handlers: string, log: Log): Promise<ThreadPool> => {
  const threads = new Set<Thread>()
  let runCount = 0
  let isStopped = false
  let opening: Promise<Thread> | undefined

  const open = async (): Promise<Thread> => {
    const entered = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    const data: ThreadData = { handlers, entered }
    const worker = new Worker(new URL('thread.ts', import.meta.url), { workerData: data })
    const thread: Thread = { worker, runs: new Map(), entered, silentCount: 0 }
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
    worker.on('message', (message: FromThread) => {
      thread.silentCount = 0
      if (message.message === 'ready') resolve()
      else receive(thread, message)
    })
    // An error of no attempt, or a lack of memory, ends only this thread.
    worker.on('error', (error) => {
      reject(error)
      if (threads.has(thread)) log.error('thread.failed', { error })
      close(thread, `the thread of its handler has failed: ${messageOf(error)}`)
    })
    worker.on('exit', () => {
      reject(new Error(`the thread that imports ${handlers} ended before it was ready`))
      close(thread, 'the thread of its handler has ended')
    })
    await ready
    threads.add(thread)
    return thread
  }

  /** A thread that answers; a new one if there is none, within the bound. */
  const available = async (): Promise<Thread> => {
    for (;;) {
      for (const thread of threads) if (thread.silentCount < LIMITS.threadSilentCount) return thread
      if (threads.size < LIMITS.threadsCount) {
        opening ??= open().finally(() => {
          opening = undefined
        })
        return opening
      }
      await localClock.sleep(LIMITS.threadCheckMs)
    }
  }

  const callHandler: CallHandler = async (type, context) => {
    const thread = await available()
    // The attempt can be over after a wait for a thread.
    if (context.signal.aborted) return endedBy(context.signal.reason, context.signal)
    const run = ++runCount
    const { input, task, attempt, idempotencyKey, signal } = context
    const { promise, resolve } = Promise.withResolvers<AttemptEnd>()
    thread.runs.set(run, { context, resolve })
    post(thread, { message: 'run', run, type: type.name, input, task, attempt, idempotencyKey })
    const abort = () => post(thread, { message: 'abort', run, reason: reasonOf(signal.reason) })
    signal.addEventListener('abort', abort, { once: true })
    return promise
  }

  /** Ends a thread; its attempts that are not over are interrupted. */
  const close = (thread: Thread, reason: string): void => {
    if (!threads.delete(thread) && thread.runs.size === 0) return
    for (const run of thread.runs.keys()) interrupt(thread, run, reason)
    void thread.worker.terminate()
  }

  const check = (thread: Thread): void => {
    thread.silentCount++
    post(thread, { message: 'ping' })
    if (thread.silentCount < LIMITS.threadSilentCount) return
    const blocking = thread.runs.get(thread.entered[0] ?? 0)
    // Without a blocking attempt the thread is blocked by what an attempt has left behind, such as a timer.
    const isOver = blocking ? blocking.context.signal.aborted : thread.silentCount >= LIMITS.threadGiveUpCount
    const reason = blockedBy(blocking)
    if (isOver) {
      log.warn('thread.replaced', { blockedBy: blocking?.context.task.id ?? 'unknown', attemptsCount: thread.runs.size })
      close(thread, reason)
    } else if (blocking && thread.silentCount >= LIMITS.threadInterruptCount) {
      for (const [run, each] of thread.runs) if (each !== blocking) interrupt(thread, run, reason)
    }
  }

  const heldUp = (context: Context<unknown>): string | undefined => {
    for (const { runs, entered, silentCount } of threads) {
      if (silentCount < LIMITS.threadHeldUpCount) continue
      const blocking = runs.get(entered[0] ?? 0)
      const isOn = [...runs.values()].some((run) => run.context === context)
      if (isOn && blocking && blocking.context !== context) return blockedBy(blocking)
    }
    return undefined
  }

  const timer = setInterval(() => threads.forEach(check), LIMITS.threadCheckMs)
  timer.unref()
  const stop = async (): Promise<void> => {
    isStopped = true
    clearInterval(timer)
    await Promise.all([...threads].map(({ worker }) => worker.terminate()))
  }
  try {
    await available()
  } catch (error) {
    await stop()
    throw error
  }
  return { callHandler: async (type, context) => (isStopped ? new Promise(() => {}) : callHandler(type, context)), heldUp, stop }
}

const blockedBy = (run: Run | undefined): string =>
  `the handler of task ${run?.context.task.id ?? '(unknown)'} blocks the thread that they share`

const post = ({ worker }: Thread, message: ToThread): void => worker.postMessage(message)

const reasonOf = (reason: unknown) => ({
  name: reason instanceof DOMException ? reason.name : 'AbortError',
  message: messageOf(reason),
})

const receive = (thread: Thread, message: Exclude<FromThread, { message: 'ready' }>): void => {
  if (message.message === 'pong') return
  const run = thread.runs.get(message.run)
  // An interrupted attempt may still write.
  if (!run) return
  switch (message.message) {
    case 'log':
      run.context.log[message.level](message.text, message.fields as Readonly<Record<string, unknown>>)
      break
    case 'heartbeat':
      void run.context
        .heartbeat(message.progress)
        .finally(() => post(thread, { message: 'beaten', run: message.run, beat: message.beat }))
      break
    case 'end':
      thread.runs.delete(message.run)
      run.resolve(endOf(message.end))
  }
}

const endOf = ({ abortReason, ...end }: PortableEnd): AttemptEnd => ({
  ...end,
  ...(abortReason ? { abortReason: new DOMException(abortReason.message, abortReason.name) } : {}),
})

/** Ends a run without its thread. An attempt whose signal has fired ends by it; any other is due again and uses up nothing. */
const interrupt = (thread: Thread, id: number, reason: string): void => {
  const run = thread.runs.get(id)
  thread.runs.delete(id)
  if (!run) return
  const { signal } = run.context
  const abortReason = new DOMException(reason, 'AbortError')
  run.resolve(
    signal.aborted
      ? endedBy(signal.reason, signal)
      : { result: { outcome: 'interrupted', reason, isExcused: true }, abortReason },
  )
}

/** The types for an executor whose threads read the inputs: a message cannot carry what a schema makes of an input. */
export const withoutSchemas = (types: ReadonlyMap<string, TaskType>, any: TaskType['input']): ReadonlyMap<string, TaskType> =>
  new Map([...types].map(([name, type]) => [name, { ...type, input: any }]))
