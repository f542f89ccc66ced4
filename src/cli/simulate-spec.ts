import type { DeviceAccess } from '#protocols/model'
import type { FieldChannel } from '#src/acquisition/field'
import type { RegisterMap } from '#src/acquisition/register-maps'

/** Faults of a simulated line, as data; all zero is a good line. */
export interface LineFaults {
  /** Shares of frames, 0 to 1. */
  readonly drop: number
  readonly corrupt: number
  readonly delayMs: number
}

/** What simulated meters on a bus speak. */
export const meterProtocols = ['dlt645-2007', 'dlt645-1997', 'dlt698', 'dlms'] as const
/** How a simulated meter answers a relay order: as DL/T 645 has it, or by State Grid's words. */
export const controlAnswerForms = ['standard', 'words'] as const
/** What a simulated concentrator speaks to the head-end: it passes DL/T 645 through, or its own. */
export const concentratorProtocols = ['dlt645-2007', 'gdw376', 'dlt698'] as const
/** Faults of a region: those that rules of diagnosis may be made from, or others. */
export const faultSets = ['none', 'known', 'kept-back', 'blind'] as const

interface SimulateCommon {
  readonly seed: number
  readonly faults: LineFaults
}

/** What `hes simulate` was asked to play. */
export type SimulateSpec =
  /** Meters behind one TCP port (as a serial server) or on a serial port. */
  | (SimulateCommon & {
      readonly kind: 'meter'
      readonly protocol: (typeof meterProtocols)[number]
      /** Only of DLMS; null is HDLC. */
      readonly framing: 'hdlc' | 'wrapper' | null
      /** What they ask for before they answer; only of DLMS. */
      readonly access: Pick<DeviceAccess, 'password' | 'encryptionKey' | 'authenticationKey'> | null
      /** How relay orders are answered; only of DL/T 645-2007, null is as the standard says. */
      readonly controlAnswers: (typeof controlAnswerForms)[number] | null
      readonly addresses: readonly string[]
      readonly on:
        | { readonly kind: 'listen'; readonly host: string; readonly port: number }
        | SerialChoice
    })
  /** A concentrator or terminal that dials in to a head-end, with meters behind it. */
  | (SimulateCommon & {
      readonly kind: 'concentrator'
      readonly protocol: (typeof concentratorProtocols)[number]
      readonly address: string
      readonly meters: number
      readonly host: string
      readonly port: number
      /** Waits there for a master, as at its maintenance port, instead of calling a head-end. */
      readonly listens: boolean
      readonly heartbeatSeconds: number
    })
  | (SimulateCommon & {
      readonly kind: 'modbus'
      readonly profile: string
      /** The map of that name where it is the user's own. */
      readonly maps: readonly RegisterMap[]
      readonly units: readonly number[]
      readonly on:
        | { readonly kind: 'tcp' | 'rtu-tcp'; readonly host: string; readonly port: number }
        | SerialChoice
    })
  | (SimulateCommon & {
      readonly kind: 'mqtt'
      readonly url: string
      readonly meters: number
      readonly form: string
      readonly intervalSeconds: number
    })
  /** A scenario file, or a mixed field of so many meters. */
  | (SimulateCommon & {
      readonly kind: 'fleet'
      readonly scenario: string | null
      readonly meters: number
      readonly dialin: { readonly host: string; readonly port: number }
      readonly mqttUrl: string
    })
  /** A region of concentrators with faults, and what is true of it. */
  | {
      readonly kind: 'region'
      readonly seed: number
      readonly concentrators: number
      readonly metersEach: number
      readonly faultSet: (typeof faultSets)[number]
      /** Shares of answers, 0 to 1. */
      readonly loss: number
      readonly damage: number
      readonly dialin: { readonly host: string; readonly port: number }
      readonly heartbeatSeconds: number
      /** Which share of the region this process plays; all of it where it has none. */
      readonly processes: number
      readonly part: number | null
      /** Where the archive and what is true are written; null for nowhere. */
      readonly archivePath: string | null
      readonly truthPath: string | null
      readonly isPlayed: boolean
    }

export type SerialChoice = Extract<FieldChannel, { readonly kind: 'serial' }>
