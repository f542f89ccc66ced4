/** Words of IEC 62056-5-3 for what a server says instead of data. Codes are stable. */
type Table = Readonly<Record<number, readonly [code: string, text: string]>>

/** Data-Access-Result. */
export const accessResults: Table = {
  0: ['success', 'success'],
  1: ['hardware-fault', 'hardware fault'],
  2: ['temporary-failure', 'temporary failure'],
  3: ['read-write-denied', 'reading or writing is denied'],
  4: ['object-undefined', 'no such object'],
  9: ['class-inconsistent', 'the object is of another class'],
  11: ['object-unavailable', 'the object is not available'],
  12: ['type-unmatched', 'the type does not match'],
  13: ['scope-violated', 'outside the scope of access'],
  14: ['block-unavailable', 'the data block is not available'],
  15: ['long-get-aborted', 'a long read was aborted'],
  16: ['no-long-get', 'no long read is in progress'],
  17: ['long-set-aborted', 'a long write was aborted'],
  18: ['no-long-set', 'no long write is in progress'],
  19: ['block-number-invalid', 'the number of the data block is wrong'],
  250: ['other-reason', 'another reason'],
}

/** Action-Result. */
export const actionResults: Table = {
  ...accessResults,
  15: ['long-action-aborted', 'a long action was aborted'],
  16: ['no-long-action', 'no long action is in progress'],
}

/** Exception-response: state-error and service-error. */
export const stateErrors: Table = {
  1: ['service-not-allowed', 'the service is not allowed in this state'],
  2: ['service-unknown', 'the service is unknown'],
}
export const serviceErrors: Table = {
  1: ['operation-not-possible', 'the operation is not possible'],
  2: ['service-not-supported', 'the service is not supported'],
  3: ['other-reason', 'another reason'],
  4: ['pdu-too-long', 'the PDU is too long'],
  5: ['deciphering-error', 'the request could not be deciphered'],
  6: ['invocation-counter-error', 'the invocation counter was used before'],
}

/** AARE: the result, and the diagnostic of the acse-service-user or -provider. */
export const associationResults: Table = {
  0: ['accepted', 'accepted'],
  1: ['rejected', 'rejected for good'],
  2: ['rejected-transient', 'rejected for now'],
}
export const userDiagnostics: Table = {
  0: ['no-diagnostic', 'no reason given'],
  1: ['no-reason', 'no reason given'],
  2: ['context-not-supported', 'the application context is not supported'],
  3: ['calling-title-not-recognised', 'the calling AP title is not recognised'],
  11: ['mechanism-not-recognised', 'the authentication mechanism is not recognised'],
  12: ['mechanism-required', 'an authentication mechanism is required'],
  13: ['authentication-failure', 'the authentication failed'],
  14: ['authentication-required', 'authentication is required'],
}
export const providerDiagnostics: Table = {
  0: ['no-diagnostic', 'no reason given'],
  1: ['no-reason', 'no reason given'],
  2: ['no-common-version', 'no common version of ACSE'],
}

/** ConfirmedServiceError: the kinds of error and, of `initiate`, its values. */
export const serviceErrorKinds: Table = {
  0: ['application-reference', 'application reference'],
  1: ['hardware-resource', 'hardware resource'],
  2: ['vde-state', 'state of the virtual device'],
  3: ['service', 'service'],
  4: ['definition', 'definition'],
  5: ['access', 'access'],
  6: ['initiate', 'initiate'],
  7: ['load-data-set', 'load data set'],
  9: ['task', 'task'],
}

/** The 24 bits of the conformance block, the first bit first. */
export const conformanceBits = [
  'reserved-zero',
  'general-protection',
  'general-block-transfer',
  'read',
  'write',
  'unconfirmed-write',
  'delta-value-encoding',
  'reserved-seven',
  'attribute0-supported-with-set',
  'priority-mgmt-supported',
  'attribute0-supported-with-get',
  'block-transfer-with-get-or-read',
  'block-transfer-with-set-or-write',
  'block-transfer-with-action',
  'multiple-references',
  'information-report',
  'data-notification',
  'access',
  'parameterized-access',
  'get',
  'set',
  'selective-access',
  'event-notification',
  'action',
] as const

export type ConformanceBit = (typeof conformanceBits)[number]

export function hasBit(conformance: number, bit: ConformanceBit): boolean {
  return ((conformance >> (23 - conformanceBits.indexOf(bit))) & 1) === 1
}

export function conformanceOf(...bits: readonly ConformanceBit[]): number {
  return bits.reduce((sum, bit) => sum | (1 << (23 - conformanceBits.indexOf(bit))), 0)
}

/** `[code, text]` of a table, also for a number that it lacks. */
export function wordsOf(table: Table, value: number): readonly [code: string, text: string] {
  return table[value] ?? [`result-${value}`, `result ${value}`]
}
