import { readLocalEnvironment } from './environment.ts'
import { loadTypes } from './handlers.ts'
import { hints } from './hints.ts'
import { startLocal } from './index.ts'

/** What `npm start` runs. */

try {
  const { port, data, handlers, ...catchAll } = readLocalEnvironment(process.env)
  // A developer's services are on this machine, so here HTTP calls may go to it unless the environment says otherwise. The
  // handlers read the variable when they are imported, a module of one's own as well as the built-in ones: so it comes first.
  process.env.CARILLON_HTTP_ALLOW ||= 'loopback'
  const types = handlers ? await loadTypes(handlers) : (await import('../../handlers/index.ts')).types
  const carillon = await startLocal({ types, port, data, ...catchAll })
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
