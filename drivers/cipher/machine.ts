/**
 * The security module of the master (密码机): it alone holds the keys that meters and terminals
 * want to see used before they obey. What it gives is for one device and one moment; nothing that it
 * gives is to be logged.
 */
export interface CipherMachine {
  readonly name: string
  readonly limits: CipherLimits
  health(signal: AbortSignal): Promise<Ciphered<CipherHealth>>
  /** DL/T 645 03H, 070000FF (身份认证): what the meter is shown first. */
  authenticateMeter(
    device: KeyedDevice,
    signal: AbortSignal,
  ): Promise<Ciphered<{ readonly cipher: Uint8Array; readonly random: Uint8Array }>>
  /** The data and MAC of an order to a meter that was authenticated (安全等级 98, 99). */
  protectOrder(
    meter: AuthenticatedMeter,
    order: MeterOrder,
    signal: AbortSignal,
  ): Promise<Ciphered<ProtectedOrder>>
  /** DL/T 698.45 CONNECT: 密文 1 and 客户机签名 1. */
  openSession(device: SessionDevice, signal: AbortSignal): Promise<Ciphered<OpeningSession>>
  /** The answer to it: 密文 2 and 服务器签名. From here on the device and we share a key. */
  confirmSession(
    opening: OpeningSession,
    answer: { readonly random: Uint8Array; readonly signature: Uint8Array },
    signal: AbortSignal,
  ): Promise<Ciphered<CipherSession>>
  /** A SECURITY-Request: SID, attached data, the APDU as it travels, and its MAC. */
  protectApdu(
    session: CipherSession,
    request: ApduRequest,
    signal: AbortSignal,
  ): Promise<Ciphered<ProtectedApdu>>
  /** The plain APDU of a SECURITY-Response. */
  verifyApdu(
    session: CipherSession,
    answer: { readonly mode: SecurityMode; readonly data: Uint8Array; readonly mac: Uint8Array },
    signal: AbortSignal,
  ): Promise<Ciphered<Uint8Array>>
  /** Q/GDW 376.1: the MAC in the message authentication code field (消息认证码 PW). */
  authenticateMessage(
    terminal: { readonly keys: KeySet; readonly esam: Uint8Array },
    message: { readonly afn: number; readonly data: Uint8Array },
    signal: AbortSignal,
  ): Promise<Ciphered<Uint8Array>>
  close(): Promise<void>
}

/** Keys of the maker for tests (公钥), and those of the grid company (私钥). */
export type KeySet = 'test' | 'production'

/** A device by what its keys are derived from. */
export interface KeyedDevice {
  readonly keys: KeySet
  /** 分散因子, 8 bytes: 0000 and the meter's address; with test keys of 698.45 the ESAM's number. */
  readonly dispersion: Uint8Array
}

export interface AuthenticatedMeter extends KeyedDevice {
  /** What the meter answered to 03H: 随机数 2 (4 bytes) and the number of its ESAM (8 bytes). */
  readonly random: Uint8Array
  readonly esam: Uint8Array
}

export interface MeterOrder {
  /** 1CH; parameters of class 1 (in the ESAM) and 2 (outside); clearing of the meter, of events. */
  readonly kind: 'control' | 'parameter-1' | 'parameter-2' | 'clear-meter' | 'clear-events'
  /** N1 to N8, a parameter, as it would travel plainly. */
  readonly data: Uint8Array
  /** 命令头, 5 bytes, of a parameter; empty for the others. */
  readonly header: Uint8Array
}

export interface ProtectedOrder {
  /** PA of the frame: 98H is cipher text and MAC, 99H plain text and MAC. */
  readonly level: 0x98 | 0x99
  readonly data: Uint8Array
  readonly mac: Uint8Array
}

export interface SessionDevice extends KeyedDevice {
  /** 应用会话协商计数器 ASCTR, as the device's object F100 says; the next is one more. */
  readonly counter: number
}

/** Known by identity alone: what belongs to it stays in the machine's driver. */
export interface OpeningSession {
  readonly cipher: Uint8Array
  readonly signature: Uint8Array
}

declare const session: unique symbol
/** Opaque: a session holds keys, so there is nothing in it to print. */
export interface CipherSession {
  readonly [session]: true
}

export type SecurityMode = 'plain-mac' | 'cipher' | 'cipher-mac'

export interface ApduRequest {
  readonly mode: SecurityMode
  /** What the machine lets a key be used for depends on it (任务类型). */
  readonly task: 'trip' | 'rates-and-clock' | 'security-mode' | 'session-limit' | 'other'
  readonly apdu: Uint8Array
}

export interface ProtectedApdu {
  readonly sid: Uint8Array
  readonly attached: Uint8Array
  readonly data: Uint8Array
  readonly mac: Uint8Array
}

export interface CipherHealth {
  readonly keys: readonly { readonly set: KeySet; readonly version: string }[]
  readonly sessions: number
}

export interface CipherLimits {
  readonly callsWaitingMax: number
  readonly dataBytesMax: number
}

export type Ciphered<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: CipherFailure }

export interface CipherFailure {
  readonly code:
    | 'cipher.unreachable'
    | 'cipher.timeout'
    | 'cipher.busy'
    | 'cipher.limit'
    /** The machine's own no. */
    | 'cipher.refused'
    | 'cipher.not-allowed'
    | 'cipher.no-key'
    /** The answer is not of the agreed form. */
    | 'cipher.damaged'
  readonly message: string
  readonly retry: 'now' | 'later' | 'never'
  /** As the machine numbers it. */
  readonly machineCode: number | null
}
