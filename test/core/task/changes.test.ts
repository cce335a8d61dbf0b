import { describe, expect, test } from 'vitest'
import type { TaskCommand } from '../../../core/task/command.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { changesBy, NEW } from './changes.ts'
import { commandOf, create, GATE, LATER, LEASE_MS, NOON, nextRow, POLICY, RETENTION_MS, rowIn } from './rows.ts'

const by = { at: LATER, by: 'user:alice' }
const worker = { at: NOON + 5, by: 'worker:w1' }
const error = { code: 'Broken', message: 'it broke', retriable: true }
const HOUR = 3_600_000

const scheduled = nextRow(undefined, create())
const expiring = rowIn('scheduled')
const running = nextRow(scheduled, commandOf('claim', scheduled, NOON))
const claim = { epoch: running.epoch, attempt: running.attempt }
const blocked = nextRow(scheduled, commandOf('block', scheduled, NOON))
const watched = nextRow(scheduled, commandOf('watch', scheduled, NOON))
const redelivered = nextRow(watched, commandOf('rearm', watched, NOON))
const ending = { finishedAt: NOON + 5, forgetAt: NOON + 5 + RETENTION_MS }
const waiting = nextRow(running, { name: 'wait', ...worker, claim })
const moved = { epoch: NEW, dueAt: LATER }

type Case = readonly [name: string, row: TaskRow, command: TaskCommand, set: object, gone?: readonly string[]]

describe('a command changes these fields of a task, and no other', () => {
  const cases: readonly Case[] = [
    [
      'ready: it is due now, in this environment, and its deadline stays',
      rowIn('pending'),
      { name: 'ready', ...by, environmentId: 'blue' },
      { state: 'scheduled', ...moved, notBefore: LATER, environmentId: 'blue' },
    ],
    [
      'ready for a time: its deadline moves with it',
      rowIn('pending'),
      { name: 'ready', ...by, notBefore: LATER + HOUR },
      { state: 'scheduled', epoch: NEW, dueAt: LATER + HOUR, notBefore: LATER + HOUR, expiresAt: LATER + 2 * HOUR },
    ],
    [
      'reschedule: it forgets redeliveries and the watch, which were for the old time',
      redelivered,
      { name: 'reschedule', ...by, notBefore: LATER + 1 },
      { epoch: NEW, notBefore: LATER + 1, dueAt: LATER + 1 },
      ['redeliveries', 'watched'],
    ],
    [
      'hold: it has no wake-up',
      redelivered,
      { name: 'hold', ...by },
      { state: 'pending', epoch: NEW },
      ['dueAt', 'redeliveries', 'watched'],
    ],
    [
      'hold of an expiring task: its deadline wakes it',
      expiring,
      { name: 'hold', ...by },
      { state: 'pending', epoch: NEW, dueAt: NOON + HOUR },
    ],
    [
      'hold of a task whose worker is lost',
      running,
      { name: 'hold', ...by },
      { state: 'pending', epoch: NEW, losses: 1 },
      ['dueAt', 'lease'],
    ],
    [
      'claim: its deadline and its redeliveries no longer apply',
      { ...redelivered, expiresAt: LATER + 1, queuedAt: NOON },
      { name: 'claim', ...by, epoch: redelivered.epoch, owner: 'w2', leaseMs: LEASE_MS },
      { state: 'running', attempt: 1, startedAt: LATER, lease: { owner: 'w2', until: LATER + LEASE_MS } },
      ['expiresAt', 'queuedAt', 'redeliveries'],
    ],
    [
      'claim with places in gates',
      scheduled,
      { name: 'claim', ...by, epoch: 1, owner: 'w2', leaseMs: LEASE_MS, gates: [GATE] },
      { state: 'running', attempt: 1, startedAt: LATER, lease: { owner: 'w2', until: LATER + LEASE_MS }, gates: [GATE] },
    ],
    [
      'claim after a lost worker',
      running,
      { name: 'claim', ...by, epoch: 1, owner: 'w2', leaseMs: LEASE_MS },
      { attempt: 2, losses: 1, startedAt: LATER, lease: { owner: 'w2', until: LATER + LEASE_MS } },
    ],
    [
      'block: nothing wakes it',
      scheduled,
      { name: 'block', ...by, gate: GATE, held: ['acme/key.narrow'] },
      { epoch: NEW, blocked: GATE, queuedAt: LATER, gates: ['acme/key.narrow'] },
      ['dueAt'],
    ],
    [
      'block of an expiring task: its deadline wakes it',
      expiring,
      { name: 'block', ...by, gate: GATE, held: [] },
      { epoch: NEW, blocked: GATE, queuedAt: LATER, gates: [], dueAt: NOON + HOUR },
    ],
    [
      'block of a task whose worker is lost',
      running,
      { name: 'block', ...by, gate: GATE, held: [] },
      { state: 'scheduled', epoch: NEW, blocked: GATE, queuedAt: LATER, gates: [], losses: 1 },
      ['dueAt', 'lease'],
    ],
    [
      'block at a wider gate: it keeps its time on the waitlist',
      nextRow(blocked, { name: 'admit', at: NOON, by: 'system:gate', gate: GATE }),
      { name: 'block', ...by, gate: 'acme/tenant', held: [GATE] },
      { epoch: NEW, blocked: 'acme/tenant', gates: [GATE] },
      ['dueAt'],
    ],
    [
      'admit: it has a place in the gate, and is due',
      blocked,
      { name: 'admit', ...by, gate: GATE },
      { epoch: NEW, dueAt: LATER, gates: ['acme/key.narrow', GATE] },
      ['blocked'],
    ],
    [
      'succeed',
      { ...running, error, watched: true },
      { name: 'succeed', ...worker, claim, output: { inline: 1 }, retentionMs: RETENTION_MS },
      { state: 'succeeded', ...ending, output: { inline: 1 } },
      ['dueAt', 'error', 'lease', 'watched'],
    ],
    [
      'succeed without an output, after a cancel request',
      { ...running, cancelRequested: true },
      { name: 'succeed', ...worker, claim, retentionMs: RETENTION_MS },
      { state: 'succeeded', ...ending },
      ['cancelRequested', 'dueAt', 'lease'],
    ],
    [
      'retry',
      running,
      { name: 'retry', ...worker, claim, error, dueAt: LATER },
      { state: 'scheduled', ...moved, error },
      ['lease'],
    ],
    [
      'snooze',
      running,
      { name: 'snooze', ...worker, claim, dueAt: LATER },
      { state: 'scheduled', ...moved, snoozes: 1 },
      ['lease'],
    ],
    ['wait', running, { name: 'wait', ...worker, claim }, { state: 'waiting', epoch: NEW, snoozes: 1 }, ['dueAt', 'lease']],
    [
      'wait up to a time',
      running,
      { name: 'wait', ...worker, claim, dueAt: LATER },
      { state: 'waiting', ...moved, snoozes: 1 },
      ['lease'],
    ],
    [
      'snooze of a task in gates: its places are released',
      { ...running, gates: [GATE] },
      { name: 'snooze', ...worker, claim, dueAt: LATER },
      { state: 'scheduled', ...moved, snoozes: 1 },
      ['gates', 'lease'],
    ],
    [
      'cancel request in gates: it keeps its places',
      { ...running, gates: [GATE] },
      { name: 'cancel', ...by, retentionMs: 1 },
      { cancelRequested: true },
    ],
    ['watch of a blocked task: it keeps its place', blocked, { name: 'watch', ...by }, { watched: true }],
    [
      'admit to a gate in which it may have a place: the gate is named once',
      { ...blocked, gates: [GATE] },
      { name: 'admit', ...by, gate: GATE },
      { epoch: NEW, dueAt: LATER },
      ['blocked'],
    ],
    ['resume', waiting, { name: 'resume', ...by }, { state: 'scheduled', epoch: NEW, dueAt: LATER }],
    [
      'rearm of a scheduled task: a delivery has failed',
      redelivered,
      { name: 'rearm', ...by, dueAt: LATER },
      { epoch: NEW, dueAt: LATER, redeliveries: 2 },
    ],
    [
      'rearm of a running task: its worker is lost',
      running,
      { name: 'rearm', ...by, dueAt: LATER },
      { state: 'scheduled', ...moved, losses: 1 },
      ['lease'],
    ],
    [
      'rearm by its worker: the attempt is lost, because it was too long',
      running,
      { name: 'rearm', ...worker, claim, dueAt: NOON + 5 },
      { state: 'scheduled', epoch: NEW, dueAt: NOON + 5, losses: 1 },
      ['lease'],
    ],
    [
      'rearm by its worker, as interrupted',
      { ...running, interruptions: 1 },
      { name: 'rearm', ...worker, claim, dueAt: NOON + 5, code: 'Interrupted' },
      { state: 'scheduled', epoch: NEW, dueAt: NOON + 5, interruptions: 2 },
      ['lease'],
    ],
    ['watch', scheduled, { name: 'watch', ...by }, { watched: true }],
    [
      'conflict',
      running,
      { name: 'conflict', ...worker, claim, error, retentionMs: RETENTION_MS },
      { state: 'conflicted', ...ending, error },
      ['dueAt', 'lease'],
    ],
    [
      'fail',
      running,
      { name: 'fail', ...worker, claim, error, retentionMs: RETENTION_MS },
      { state: 'failed', ...ending, error },
      ['dueAt', 'lease'],
    ],
    ['cancel of a running task', running, { name: 'cancel', ...by, retentionMs: RETENTION_MS }, { cancelRequested: true }],
    [
      'cancel of a blocked task: its places are released',
      blocked,
      { name: 'cancel', ...by, retentionMs: RETENTION_MS, operation: 'op1' },
      { state: 'cancelled', finishedAt: LATER, forgetAt: LATER + RETENTION_MS, operation: 'op1' },
      ['blocked', 'gates', 'queuedAt'],
    ],
    [
      'expire',
      expiring,
      { name: 'expire', ...by, retentionMs: RETENTION_MS },
      { state: 'expired', finishedAt: LATER, forgetAt: LATER + RETENTION_MS },
      ['dueAt'],
    ],
    [
      'skip',
      scheduled,
      { name: 'skip', ...by, retentionMs: RETENTION_MS },
      { state: 'skipped', finishedAt: LATER, forgetAt: LATER + RETENTION_MS },
      ['dueAt'],
    ],
    [
      'redrive of a failed task with a failure task',
      {
        ...rowIn('failed'),
        onFailure: POLICY,
        output: { inline: 1 },
        expiresAt: NOON,
        redeliveries: 1,
        losses: 1,
        snoozes: 2,
        interruptions: 3,
        previousRuns: { attempts: 10, losses: 20, snoozes: 30, interruptions: 40, failureTask: 'task1.f0' },
      },
      { name: 'redrive', ...by },
      {
        state: 'scheduled',
        epoch: NEW,
        dueAt: LATER,
        redrivenAt: LATER,
        attempt: 0,
        losses: 0,
        snoozes: 0,
        previousRuns: { attempts: 11, losses: 21, snoozes: 32, interruptions: 43, failureTask: 'task1.f1' },
      },
      ['error', 'expiresAt', 'finishedAt', 'forgetAt', 'interruptions', 'output', 'redeliveries', 'startedAt'],
    ],
    [
      'redrive of a cancelled task, whose last failure task is kept',
      { ...rowIn('cancelled'), onFailure: POLICY, previousRuns: { attempts: 1, losses: 0, snoozes: 0, failureTask: 'task1.f0' } },
      { name: 'redrive', ...by },
      { state: 'scheduled', epoch: NEW, dueAt: LATER, redrivenAt: LATER },
      ['expiresAt', 'finishedAt', 'forgetAt'],
    ],
    [
      'redrive before its time',
      { ...rowIn('failed'), notBefore: LATER + 5 },
      { name: 'redrive', ...by },
      {
        state: 'scheduled',
        epoch: NEW,
        dueAt: LATER + 5,
        redrivenAt: LATER,
        attempt: 0,
        previousRuns: { attempts: 1, losses: 0, snoozes: 0 },
      },
      ['error', 'finishedAt', 'forgetAt', 'startedAt'],
    ],
  ]
  test.each(cases.map(([name, row, command, set, gone = []]) => ({ name, row, command, set, gone })))(
    '$name',
    ({ row, command, set, gone }) => {
      expect(changesBy(row, command)).toStrictEqual({
        set,
        gone,
        entry: expect.objectContaining({ command: command.name, by: command.by }),
      })
    },
  )
})
