import { LIMITS } from '../limits.ts'

/** A tenant's name. No slash, because keys contain it; no leading dot or dash, because it is used in file paths and commands. */
export const TENANT = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${LIMITS.tenantCount - 1}}$`)

/** A task's id. It leaves room for the epoch in the name of a timer (`LIMITS.timerNameCount`). */
export const TASK_ID = new RegExp(`^[a-z0-9.]{1,${LIMITS.taskIdCount}}$`)

/** A series' id, which its caller chooses. */
export const SERIES_ID = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${LIMITS.seriesIdCount - 1}}$`)

/** A gate's key. It is part of URL paths without escaping; no slash, because keys of rows contain it. */
export const GATE_KEY = new RegExp(`^[A-Za-z0-9._:-]{1,${LIMITS.gateKeyCount}}$`)

/** A calendar's name. It is part of URL paths without escaping. */
export const CALENDAR_NAME = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${LIMITS.calendarNameCount - 1}}$`)

/** A scope in a URL path: a whole tenant, one task type, or one lane. */
export const SCOPE = /^(tenant|type\..+|lane\..+)$/

/** A gate in a URL path: a scope, or a key that tasks declare. */
export const GATE_ID = /^(tenant|type\..+|lane\..+|key\..+)$/

/**
 * One line of text. Control characters would break log lines and headers. The class is spelled out, because the OpenAPI document
 * contains this pattern, and the regular expressions of other languages do not know `\P{Cc}`.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that it refuses
export const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f]*$/u
