import { syncBuiltinESMExports } from 'node:module'
import { promiseHooks } from 'node:v8'

/** The owner of code that runs now; undefined for code that belongs to none. */
type CurrentOwner = () => Owner | undefined
type Owner = { readonly take: (error: unknown) => void }

let isInstalled = false

/**
 * Gives uncaught errors, unhandled rejections and calls that would end the process to the owner of the code. Whatever
 * belongs to no owner has its usual effect. Once in a process; further calls do nothing.
 *
 * It replaces `process.emit` instead of adding listeners, because all listeners of an event are called: those of the Lambda
 * runtime, which end it (source: aws-lambda-nodejs-runtime-interface-client, `src/index.mjs`), and those of test runners,
 * which fail the run.
 */
export const catchStrayErrors = (current: CurrentOwner): void => {
  if (isInstalled) return
  isInstalled = true
  promiseHooks.onInit((promise) => {
    const owner = current()
    if (owner) new OwnedPromise(promise, owner)
  })
  replaceEmit((event, [, promise]) => {
    // A shared connection rejects the promises of several owners, so a promise belongs to the owner that has made it.
    if (event === 'unhandledRejection') return OwnedPromise.ownerOf(promise) ?? current()
    if (event === 'uncaughtException' || event === 'uncaughtExceptionMonitor') return current()
    return undefined
  })
  replaceExits(current)
}

type Emit = (event: string | symbol, ...details: readonly unknown[]) => boolean

/** Gives the error of an event to its owner, if it has one, instead of emitting the event. */
const replaceEmit = (ownerOf: (event: string | symbol, details: readonly unknown[]) => Owner | undefined): void => {
  const emit = process.emit as Emit
  const replacement: Emit = (event, ...details) => {
    const owner = ownerOf(event, details)
    if (!owner) return Reflect.apply(emit, process, [event, ...details])
    // The monitor event comes before the exception itself, which then goes to the owner.
    if (event !== 'uncaughtExceptionMonitor') owner.take(details[0])
    return true
  }
  process.emit = replacement as typeof process.emit
}

/** Replaces the functions that end the process: called by an owner's code, they throw an error and give it to the owner. */
const replaceExits = (current: CurrentOwner): void => {
  const { exit, abort, kill } = process
  const refuse = (code: string, call: string): void => {
    const owner = current()
    if (!owner) return
    const message = `the handler called ${call}, which would end the process that runs it; return a value or throw an error instead`
    const error = Object.assign(new Error(message), { name: code, code })
    // Also given, because the code can catch what is thrown.
    owner.take(error)
    throw error
  }
  process.exit = (...given) => {
    refuse('ProcessExit', `process.exit(${given[0] ?? ''})`)
    // As given: without an argument Node uses `process.exitCode`.
    return Reflect.apply(exit, process, given)
  }
  process.abort = () => {
    refuse('ProcessAbort', 'process.abort()')
    return Reflect.apply(abort, process, [])
  }
  process.kill = (pid, signal) => {
    // Process 0 is the group of this process. Signal 0 only checks that the process exists.
    if ((pid === process.pid || pid === 0) && signal !== 0)
      refuse('ProcessKill', `process.kill(${pid === 0 ? 0 : 'process.pid'}${signal === undefined ? '' : `, '${signal}'`})`)
    return Reflect.apply(kill, process, [pid, signal])
  }
  // Modules that import the functions by name get the replaced ones too.
  syncBuiltinESMExports()
}

/** A constructor that returns its argument, so that a subclass adds its private fields to any object. */
class Returned {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: see above
    return object
  }
}

/** A promise with an invisible mark: who has made it. A WeakMap costs eight times as much (decision 22). */
class OwnedPromise extends Returned {
  readonly #owner: Owner
  constructor(promise: Promise<unknown>, owner: Owner) {
    super(promise)
    this.#owner = owner
  }
  static ownerOf(promise: unknown): Owner | undefined {
    return typeof promise === 'object' && promise !== null && #owner in promise ? promise.#owner : undefined
  }
}
