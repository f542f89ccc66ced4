import type { ClockFailure } from './types.ts'

export const nearBoundary: ClockFailure = {
  code: 'clock.not-now',
  message: 'no clock is moved near midnight, a full hour, or where a curve point is taken',
}
export const hostDoubtful: ClockFailure = {
  code: 'clock.host-doubtful',
  message: 'the clock of this machine is not known to be right',
}
export const toldToday: ClockFailure = {
  code: 'clock.told-today',
  message: 'the meters of this line were told the time today; they take one broadcast a day',
}
export const unreadable: ClockFailure = {
  code: 'clock.unreadable',
  message: 'the clock could not be read afterwards',
}
export const notTaken: ClockFailure = {
  code: 'field.not-taken',
  message: 'the time was sent, but the clock does not show it',
}
