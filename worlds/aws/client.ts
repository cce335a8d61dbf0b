import { LIMITS } from '../../core/limits.ts'

/**
 * What every client is made with. Nothing of region, endpoint or credentials: the SDK takes those from the standard
 * variables (`AWS_REGION`, `AWS_ENDPOINT_URL`…), so an emulator works without a word from us.
 */
export const clientConfig = {
  requestHandler: {
    connectionTimeout: LIMITS.connectMs,
    requestTimeout: LIMITS.answerMs,
    // Without this the handler only warns, and a lost answer holds the function until its own timeout.
    throwOnRequestTimeout: true,
  },
} as const
