import { randomUUID } from 'node:crypto'
import { type Clock, fail, type Instant, instant, minutes, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import type { Note } from '#src/identity'
import { type GateAct, sealAct, stateAfter } from './gate-acts.ts'
import type { GateKey } from './permit.ts'
import {
  allActs,
  confirmRequest,
  insertAct,
  insertRequest,
  lockGate,
  type RequestRow,
  requestOf,
  waitingRequests,
} from './queries.ts'
import type { StopFile } from './stop-file.ts'

/** After this a second person has to be asked anew. */
const REQUEST_LIFE = minutes(15)

/** Who acts, as it is kept: `user/7` and the name for people. */
export interface Person {
  readonly id: string
  readonly name: string
}

export interface TripRequest {
  readonly id: string
  readonly kind: 'arm' | 'resume'
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly expiresAt: Instant
  readonly reason: string
}

export interface TripState {
  readonly armed: boolean
  /** By the button or by the file: no trip leaves. */
  readonly stopped: boolean
  /** The file TRIP_STOP is on the machine that answers. */
  readonly stopFile: boolean
  readonly epoch: number
  readonly lastAct: {
    readonly kind: GateAct['kind']
    readonly at: Instant
    readonly by: string
    readonly reason: string
  } | null
  readonly requests: readonly TripRequest[]
}

export type ConfirmError =
  | 'not-found'
  | 'expired'
  /** Whoever asked cannot confirm; for resuming only where somebody else could. */
  | 'same-person'
  /** A person put the file TRIP_STOP there; the same person takes it away. */
  | 'stop-file'

/** Arming and the stop button. */
export interface TripControl {
  state(): Promise<TripState>
  /** At once, by anybody who may; also where it is stopped already. */
  stop(by: Person, reason: string, note: Note): Promise<TripState>
  disarm(by: Person, reason: string, note: Note): Promise<TripState>
  /** Waits for somebody else to confirm it. */
  request(kind: TripRequest['kind'], by: Person, reason: string, note: Note): Promise<TripRequest>
  confirm(id: string, by: Person, note: Note): Promise<Result<TripState, ConfirmError>>
}

export interface TripControlOptions {
  readonly db: Database
  readonly clock: Clock
  readonly key: GateKey
  readonly stopFile: StopFile
  /** How many people besides this one could confirm. */
  readonly othersWhoMayConfirm: (id: string) => Promise<number>
}

export function createTripControl(options: TripControlOptions): TripControl {
  const { db, clock, key, stopFile } = options

  async function state(): Promise<TripState> {
    const acts = await allActs(db)
    const { armed, stopped, epoch } = stateAfter(acts, key)
    const last = acts.at(-1)
    const file = stopFile.pressed()
    return {
      armed,
      stopped: stopped || file,
      stopFile: file,
      epoch,
      lastAct: last
        ? { kind: last.kind, at: last.at, by: last.requestedBy, reason: last.reason }
        : null,
      requests: (await waitingRequests(db, clock.now())).map(requestView),
    }
  }

  async function act(tx: Db, one: Omit<GateAct, 'id' | 'at' | 'seal'>): Promise<void> {
    const id = ((await allActs(tx)).at(-1)?.id ?? 0) + 1
    await insertAct(tx, sealAct({ ...one, id, at: clock.now() }, key))
  }

  async function actAlone(
    kind: 'stop' | 'disarm',
    by: Person,
    reason: string,
    note: Note,
  ): Promise<void> {
    await db.transaction(async (tx) => {
      await lockGate(tx)
      await act(tx, { kind, requestedBy: by.id, confirmedBy: null, reason })
      await note(tx, { target: 'trips', detail: { reason } })
    })
  }

  return {
    state,
    async stop(by, reason, note) {
      // The file first: it holds on this machine even where the database is away, and the database
      // holds everywhere even where the file cannot be written.
      stopFile.press()
      await actAlone('stop', by, reason, note)
      return state()
    },
    async disarm(by, reason, note) {
      await actAlone('disarm', by, reason, note)
      return state()
    },
    async request(kind, by, reason, note) {
      const now = clock.now()
      const row = {
        id: randomUUID(),
        kind,
        requested_by: by.id,
        requested_name: by.name,
        requested_at: now,
        expires_at: instant(now + REQUEST_LIFE),
        reason,
      }
      await db.transaction(async (tx) => {
        await insertRequest(tx, row)
        await note(tx, { target: `trips/requests/${row.id}`, detail: { kind, reason } })
      })
      return requestView(row)
    },
    async confirm(id, by, note) {
      const others = await options.othersWhoMayConfirm(by.id)
      const confirmed = await db.transaction(
        async (tx): Promise<Result<RequestRow, ConfirmError>> => {
          await lockGate(tx)
          const row = await requestOf(tx, id)
          if (!row || row.confirmed_at !== null) return fail('not-found')
          if (clock.now() >= row.expires_at) return fail('expired')
          const alone = row.kind === 'resume' && others === 0
          if (row.requested_by === by.id && !alone) return fail('same-person')
          if (row.kind === 'resume' && !stopFile.release()) return fail('stop-file')
          await confirmRequest(tx, id, by.id, clock.now())
          const { kind, requested_by: requestedBy, reason } = row
          await act(tx, { kind, requestedBy, confirmedBy: by.id, reason })
          const detail = { kind, reason, requestedBy, alone: row.requested_by === by.id }
          await note(tx, { target: `trips/requests/${id}`, detail })
          return ok(row)
        },
      )
      return confirmed.ok ? ok(await state()) : confirmed
    },
  }
}

function requestView(row: Omit<RequestRow, 'confirmed_at'>): TripRequest {
  return {
    id: row.id,
    kind: row.kind,
    requestedBy: row.requested_name,
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    reason: row.reason,
  }
}
