import { ALLOWANCES, type Allow } from './http/address.ts'

/** What the environment says to the handlers. */
export type HandlerEnvironment = {
  /** `CARILLON_HTTP_ALLOW`: how far HTTP calls may reach; `public` unless said otherwise. */
  readonly allow: Allow
  /** `CARILLON_BC_URL`: the Business Central admin center API, version included. */
  readonly businessCentralUrl: string
  /** `CARILLON_BC_TOKEN`: a bearer token for it. It serves every tenant, so it fits a deployment for one organisation. */
  readonly businessCentralToken?: string
}

/** Source: Business Central administration center API. */
const BUSINESS_CENTRAL_URL = 'https://api.businesscentral.dynamics.com/admin/v2.28'

/**
 * Reads the environment variables of the handlers; no other file of theirs reads any.
 *
 * @throws TypeError when `CARILLON_HTTP_ALLOW` is none of `ALLOWANCES`, or `CARILLON_BC_URL` is not a URL: at start, not at the first task
 */
export const readEnvironment = (env: Readonly<Record<string, string | undefined>>): HandlerEnvironment => {
  const allow = ALLOWANCES.find((each) => each === (env.CARILLON_HTTP_ALLOW || 'public'))
  if (!allow)
    throw new TypeError(`CARILLON_HTTP_ALLOW is "${env.CARILLON_HTTP_ALLOW}"; it must be one of ${ALLOWANCES.join(', ')}`)
  const businessCentralUrl = env.CARILLON_BC_URL || BUSINESS_CENTRAL_URL
  if (!URL.canParse(businessCentralUrl))
    throw new TypeError(`CARILLON_BC_URL is "${businessCentralUrl}"; it must be a URL such as ${BUSINESS_CENTRAL_URL}`)
  const token = env.CARILLON_BC_TOKEN
  return { allow, businessCentralUrl, ...(token ? { businessCentralToken: token } : {}) }
}
