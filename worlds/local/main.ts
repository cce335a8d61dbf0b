import { loadTypes, readLocalEnvironment } from './environment.ts'
import { startLocal } from './index.ts'

/** What `npm start` runs. */

/** Three tasks to try, as lines to paste: one for now, one for later, and one of the examples. */
const hints = (url: string): string => {
  const post = (task: object) => `curl -s ${url}/v1/tasks -H 'content-type: application/json' -d '${JSON.stringify(task)}'`
  return `
Paste one of these:

  # a call, now
  ${post({ type: 'http', input: { url: `${url}/v1/health` } })}

  # a call in ten seconds, which fails, is tried twice more, and is given up
  ${post({
    type: 'http',
    input: { url: 'http://localhost:9/nobody-listens-here' },
    delay: '10s',
    retry: { policy: 'fixed', wait: '2s', attempts: 3 },
    tags: ['example'],
  })}

  # the update date of a Business Central environment; it waits to be made ready, because it needs CARILLON_BC_TOKEN
  ${post({
    type: 'set-environment-update-date',
    input: {
      applicationFamily: 'BusinessCentral',
      environment: 'Production',
      targetVersion: '28.1',
      updateAt: '2027-01-10T22:00:00+01:00',
    },
    ready: false,
  })}

and see what became of them:

  curl -s '${url}/v1/tasks'
  curl -s '${url}/v1/task-types'

`
}

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
