import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { TaskType } from '../../core/define.ts'

/** What the environment says to the local server. */
export type LocalEnvironment = {
  /** `PORT`: where the API listens. Default 8080; 0 for any free one. */
  readonly port: number
  /** `CARILLON_DATA`: the folder of the SQLite file. Default `.carillon`. */
  readonly data: string
  /** `CARILLON_HANDLERS`: a module that exports `types`, as a URL to import; absent for the built-in ones. */
  readonly handlers?: string
  /** `CARILLON_ON_FAILURE`: the type of the failure tasks of tasks that name none. Default: those have none. */
  readonly onFailure?: string
}

/**
 * Reads the environment variables of the local server.
 *
 * @throws TypeError when `PORT` is no port
 */
export const readLocalEnvironment = (env: Readonly<Record<string, string | undefined>>): LocalEnvironment => {
  const port = Number(env.PORT || 8_080)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TypeError(`PORT is "${env.PORT}"; it must be a whole number from 0 to 65535`)
  const { CARILLON_HANDLERS: handlers, CARILLON_ON_FAILURE: onFailure } = env
  return {
    port,
    data: env.CARILLON_DATA || '.carillon',
    ...(handlers ? { handlers: pathToFileURL(isAbsolute(handlers) ? handlers : resolve(handlers)).href } : {}),
    ...(onFailure ? { onFailure } : {}),
  }
}

/**
 * Imports the task types of the module that `CARILLON_HANDLERS` names.
 *
 * @param url the module, as a `file:` URL
 * @throws TypeError when there is no such module, when it exports no `types`, or with the stack of what it throws itself
 */
export const loadTypes = async (url: string): Promise<readonly TaskType[]> => {
  const path = fileURLToPath(url)
  if (!existsSync(path)) throw new TypeError(`CARILLON_HANDLERS names ${path}, and there is no such file; ${RIGHT}`)
  const { types } = await imported(url, path)
  if (!Array.isArray(types)) throw new TypeError(`CARILLON_HANDLERS names ${path}, which exports no array \`types\`; ${RIGHT}`)
  return types
}

const RIGHT = 'it must be the path of a module that exports `types`, an array of what defineTask makes'

const imported = async (url: string, path: string): Promise<{ readonly types?: unknown }> => {
  try {
    return await import(url)
  } catch (error) {
    // With its stack, by which one finds where the module throws.
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new TypeError(`CARILLON_HANDLERS names ${path}, which cannot be imported: ${why}`)
  }
}
