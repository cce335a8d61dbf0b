import type { TaskType } from '../../core/define.ts'
import { builtIn } from '../../handlers/index.ts'
import { readLocalEnvironment } from './environment.ts'
import { hints } from './hints.ts'
import { startLocal } from './index.ts'

/** What `npm start` runs. */

const { port, data, handlers } = readLocalEnvironment(process.env)

/** A developer's services are on this machine, so here HTTP calls may go to it unless the environment says otherwise. */
const allow = process.env.CARILLON_HTTP_ALLOW ? {} : { allow: 'loopback' as const }

const loadTypes = async (from: string): Promise<readonly TaskType[]> => {
  const { types } = (await import(from)) as { types?: readonly TaskType[] }
  if (!Array.isArray(types))
    throw new TypeError(`${from} (CARILLON_HANDLERS) exports no "types"; it must export an array of what defineTask makes`)
  return types
}

try {
  const types = handlers ? await loadTypes(handlers) : builtIn(allow)
  const carillon = await startLocal({ types, port, data })
  process.stdout.write(
    `Carillon is listening on ${carillon.url}, with its data in ${data}. Ctrl-C ends it; open tasks go on at the next start.\n`,
  )
  if (!handlers) process.stdout.write(hints(carillon.url))

  const end = async (): Promise<void> => {
    // Whoever asks twice does not want to wait.
    process.once('SIGINT', () => process.exit(130))
    await carillon.stop()
    process.exit(0)
  }
  process.once('SIGINT', () => void end())
  process.once('SIGTERM', () => void end())
} catch (error) {
  process.stderr.write(`Carillon cannot start: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
