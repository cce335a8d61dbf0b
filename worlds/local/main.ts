import { loadTypes, readLocalEnvironment } from './environment.ts'
import { startLocal } from './index.ts'

/** The program that `npm start` runs. */

/** Three tasks to try, as shell commands: one for now, one for later, and one of the examples. */
const hints = (url: string): string => {
  const post = (task: object) => `curl -s ${url}/v1/tasks -H 'content-type: application/json' -d '${JSON.stringify(task)}'`
  return `
Try one of these:

  # a call, now
  ${post({ type: 'http', input: { url: `${url}/v1/health` } })}

  # a call in ten seconds, which fails, is retried twice, and fails for good
  ${post({
    type: 'http',
    input: { url: 'http://localhost:9/closed-port' },
    delay: '10s',
    retry: { policy: 'fixed', wait: '2s', attempts: 3 },
    tags: ['example'],
  })}

  # the update date of a Business Central environment; not ready, because it needs CARILLON_BC_TOKEN
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

List tasks and task types:

  curl -s '${url}/v1/tasks'
  curl -s '${url}/v1/task-types'

`
}

try {
  const { port, data, handlers, isolate, ...catchAll } = readLocalEnvironment(process.env)
  // A developer's services run on this machine, so HTTP tasks may call it unless the environment forbids that. The handlers
  // read this variable when their module is imported, so it must be set before the import.
  process.env.CARILLON_HTTP_ALLOW ||= 'loopback'
  const types = handlers ? await loadTypes(handlers) : (await import('../../handlers/index.ts')).types
  const carillon = await startLocal({
    types,
    port,
    data,
    ...(handlers && isolate === 'thread' ? { handlersUrl: handlers } : {}),
    ...catchAll,
  })
  process.stdout.write(
    `Carillon is listening on ${carillon.url}, with its data in ${data}. Ctrl-C stops the server; open tasks continue at the next start.\n`,
  )
  if (!handlers) process.stdout.write(hints(carillon.url))

  const end = async (): Promise<void> => {
    // A second Ctrl-C stops at once.
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
