import { LIMITS } from '../limits.ts'

/** What a tenant is called. No slash, because keys are made of it; no leading dot or dash, because people paste it into paths. */
export const TENANT = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${LIMITS.tenantCount - 1}}$`)

/** What a task is called: `LIMITS.timerNameCount` leaves room for the epoch behind it. */
export const TASK_ID = new RegExp(`^[a-z0-9.]{1,${LIMITS.taskIdCount}}$`)

/** What a gate's key is: it stands in paths as it is, and no slash, because keys are made of it. */
export const GATE_KEY = new RegExp(`^[A-Za-z0-9._:-]{1,${LIMITS.gateKeyCount}}$`)

/** A scope, as paths name it: everything of a tenant, one task type, one lane. */
export const SCOPE = /^(tenant|type\..+|lane\..+)$/

/** A gate, as paths name it: a scope, or a key of tasks' own. */
export const GATE_ID = /^(tenant|type\..+|lane\..+|key\..+)$/

/** One line of text: no control characters, which would break log lines and headers. */
export const ONE_LINE = /^\P{Cc}*$/u
