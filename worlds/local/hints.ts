/** Three tasks to try, as lines to paste: one for now, one for later, and one of the examples. */
export const hints = (url: string): string => {
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
