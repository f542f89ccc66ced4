import type { MeterTime } from './values.ts'

/**
 * What a relay can be told: trip (跳闸), allow closing by the button at the meter (合闸允许), close
 * at once (直接合闸), alarm on and off (报警), keep supply on and off (保电).
 */
export type RelayAction =
  | 'trip'
  | 'allow-close'
  | 'close'
  | 'alarm'
  | 'clear-alarm'
  | 'protect'
  | 'unprotect'

/** An order to a relay. A device must ignore it once its own clock is past `expiresAt`. */
export interface RelayOrder {
  readonly action: RelayAction
  readonly expiresAt: MeterTime
}

/**
 * What a device asks for. Never logged, never shown. Hex strings in display order; which of them
 * matter is the protocol's business: DL/T 645 takes level and password (PA P2 P1 P0) and operator,
 * 376.1 a password of 16 bytes, DLMS a password or keys and a system title.
 */
export interface DeviceAccess {
  readonly password?: string
  readonly operator?: string
  readonly encryptionKey?: string
  readonly authenticationKey?: string
  readonly systemTitle?: string
  /** DLMS: the last counter that was used with these keys; the next is one more. */
  readonly invocationCounter?: number
  /** DLMS: the client address, 16 (public) where absent. */
  readonly client?: number
}
