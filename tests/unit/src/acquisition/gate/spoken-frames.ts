import type { FrameAim, FrameEffect } from '#protocols/model'
import type { Classifier } from '#src/acquisition/gate'

/** A frame that says in so many words what it does. */
export interface Spoken {
  readonly effect: FrameEffect
  readonly aim: FrameAim | null
  readonly carried: readonly Spoken[]
}

export const spokenFrame = (spoken: Spoken): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(spoken))

const heard = (frame: Uint8Array): Spoken => JSON.parse(new TextDecoder().decode(frame))

/** A protocol in which frames explain themselves, so that a test can say anything. */
export const spokenProtocol: Classifier = {
  name: 'gdw376',
  effect: (frame) => heard(frame).effect,
  aim: (frame) => heard(frame).aim,
  carried: (frame) => heard(frame).carried.map(spokenFrame),
  describe: () => ({ valid: true }),
}

export const aimAt = (address: string, more: Partial<FrameAim> = {}): FrameAim => ({
  address,
  isGroup: false,
  action: null,
  expiresAt: null,
  secrets: [],
  ...more,
})
