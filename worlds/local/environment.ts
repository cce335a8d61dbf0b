import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

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
