import type { Context } from '../../../core/define.ts'
import type { AttemptEnd } from '../../../engine/execute/call.ts'
import type { Log } from '../../../engine/world.ts'

/** The reason of a signal. A thread cannot receive an exception as it is. */
export type Reason = { readonly name: string; readonly message: string }

/** Messages to a thread. `run` is the number of a call of a handler. */
export type ToThread =
  | ({ readonly message: 'run'; readonly run: number; readonly type: string } & Pick<
      Context<unknown>,
      'input' | 'task' | 'attempt' | 'idempotencyKey'
    >)
  | { readonly message: 'abort'; readonly run: number; readonly reason: Reason }
  | { readonly message: 'beaten'; readonly run: number; readonly beat: number }
  | { readonly message: 'ping' }

/** Messages of a thread. */
export type FromThread =
  | { readonly message: 'ready' }
  | { readonly message: 'pong' }
  | { readonly message: 'log'; readonly run: number; readonly level: keyof Log; readonly text: string; readonly fields: object }
  | { readonly message: 'heartbeat'; readonly run: number; readonly beat: number; readonly progress?: object }
  | { readonly message: 'end'; readonly run: number; readonly end: PortableEnd }

/** The end of an attempt as a thread sends it. The result is made in the thread, so nothing of a thrown value is lost. */
export type PortableEnd = Omit<AttemptEnd, 'abortReason'> & { readonly abortReason?: Reason }

/** Data of a thread: the module that exports `types`, and the number of the run whose code was entered last. */
export type ThreadData = { readonly handlers: string; readonly entered: Int32Array }
