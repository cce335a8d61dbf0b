import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { TaskType } from '../../core/define.ts'
import type { OnFailure } from '../../core/failure.ts'
import { readOnFailure } from '../../core/reading/on-failure.ts'

/** The environment variables of the local server. */
export type LocalEnvironment = {
  /** `PORT`: the port of the API; 0 for any free one. @default 8080 */
  readonly port: number
  /** `CARILLON_DATA`: the folder of the SQLite file. @default '.carillon' */
  readonly data: string
  /** `CARILLON_HANDLERS`: a module that exports `types`, as a URL to import. @default the built-in types */
  readonly handlers?: string
  /** `CARILLON_ISOLATE`: `thread` runs the handlers of the module in worker threads, `none` in the main thread. @default 'thread' */
  readonly isolate: 'thread' | 'none'
  /** `CARILLON_ON_FAILURE`: the failure task of tasks that name none: its type, or JSON with type and input. @default no failure task */
  readonly onFailure?: OnFailure
}

/**
 * Reads the environment variables of the local server.
 *
 * @throws TypeError when `PORT` is not a port, or `CARILLON_ISOLATE` or `CARILLON_ON_FAILURE` has another form
 */
export const readLocalEnvironment = (env: Readonly<Record<string, string | undefined>>): LocalEnvironment => {
  const port = Number(env.PORT || 8_080)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TypeError(`PORT is "${env.PORT}"; it must be a whole number from 0 to 65535`)
  const { CARILLON_HANDLERS: handlers, CARILLON_ON_FAILURE: onFailure } = env
  const isolate = env.CARILLON_ISOLATE || 'thread'
  if (isolate !== 'thread' && isolate !== 'none')
    throw new TypeError(`CARILLON_ISOLATE is "${isolate}"; it must be thread or none`)
  return {
    port,
    data: env.CARILLON_DATA || '.carillon',
    isolate,
    ...(handlers ? { handlers: pathToFileURL(isAbsolute(handlers) ? handlers : resolve(handlers)).href } : {}),
    ...(onFailure ? { onFailure: readOnFailure('CARILLON_ON_FAILURE', onFailure) } : {}),
  }
}

/**
 * Imports the task types of the module in `CARILLON_HANDLERS`.
 *
 * @param url the module, as a `file:` URL
 * @throws TypeError when the module does not exist, exports no `types`, or throws; then the message has the stack
 */
export const loadTypes = async (url: string): Promise<readonly TaskType[]> => {
  const path = fileURLToPath(url)
  if (!existsSync(path)) throw new TypeError(`CARILLON_HANDLERS is ${path}, which does not exist; ${EXPECTED}`)
  const { types } = await importModule(url, path)
  if (!Array.isArray(types)) throw new TypeError(`CARILLON_HANDLERS is ${path}, which exports no array \`types\`; ${EXPECTED}`)
  return types
}

const EXPECTED = 'it must be the path of a module that exports `types`, an array of task types made by defineTask'

const importModule = async (url: string, path: string): Promise<{ readonly types?: unknown }> => {
  try {
    return await import(url)
  } catch (error) {
    // The stack shows where the module throws.
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new TypeError(`CARILLON_HANDLERS is ${path}, which cannot be imported: ${cause}`)
  }
}
