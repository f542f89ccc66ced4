import type { CipherFailure } from './machine.ts'

type Failed = { readonly ok: false; readonly error: CipherFailure }

export function failed(error: CipherFailure): Failed {
  return { ok: false, error }
}

export function unreachable(message: string): Failed {
  return failed({ code: 'cipher.unreachable', message, retry: 'later', machineCode: null })
}

export function damaged(message: string): Failed {
  return failed({ code: 'cipher.damaged', message, retry: 'now', machineCode: null })
}

export function wrongLength(message: string): Failed {
  return failed({ code: 'cipher.limit', message, retry: 'never', machineCode: null })
}

export const timeout = failed({
  code: 'cipher.timeout',
  message: 'the cipher machine gave no answer in time',
  retry: 'later',
  machineCode: null,
})

export const busy = failed({
  code: 'cipher.busy',
  message: 'too many calls wait for the cipher machine',
  retry: 'later',
  machineCode: null,
})

export const unknownSession = failed({
  code: 'cipher.refused',
  message: 'this session is not open here; begin a new one',
  retry: 'now',
  machineCode: null,
})
