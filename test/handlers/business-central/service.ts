import type { ServerResponse } from 'node:http'
import type { BusinessCentral } from '../../../handlers/business-central/admin.ts'
import { type Got, json, type Service, serve } from '../service.ts'

type Route = (got: Got, response: ServerResponse) => void

/** A fake of the admin center API: answers by method and path, and any other request with the 404 of the API. */
export const adminCenter = async (
  routes: Readonly<Record<string, Route>>,
): Promise<Service & { readonly options: BusinessCentral }> => {
  const service = await serve((got, response) => {
    const route = routes[`${got.method} ${got.path.replace('/admin/v2.28/applications/BusinessCentral/environments/', '')}`]
    if (got.headers.authorization !== 'Bearer token-of-acme') json(response, 401, { code: 'Unauthorized' })
    else if (route) route(got, response)
    else json(response, 404, { code: 'environmentNotFound', message: 'there is no such environment' })
  })
  const options = {
    baseUrl: `${service.url}/admin/v2.28`,
    token: (tenant: string) => `token-of-${tenant}`,
    reach: { allow: 'loopback' as const },
  }
  return { ...service, options }
}
