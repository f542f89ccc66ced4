import { addressMatches, buildFrame, dlt645, parseFrame, requestOf } from '#protocols/dlt645'
import type { Face } from '#simulators/faces'
import { noise } from '#simulators/meter'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const DATA_ID_BYTES = 4
const READ_ANSWERED = 0x91
const WAKES_AFTER_MS = 25 * MINUTE_MS
const HOLDS_SHARE = 0.35
const STOOD_DAYS = { least: 5, more: 50 }
/** Where in an answer bytes are lost, and how many. */
const LOST_AT = 28
const LOST_BYTES = 2
const STUCK_BIT = 0x08
const OVERLAP = { least: 3, more: 7 }

/** It answers nothing until so long after it was first asked. */
export function wakingLate(face: Face): Face {
  let firstMs: number | null = null
  return {
    receive(chunk, nowMs) {
      firstMs ??= nowMs
      return nowMs - firstMs < WAKES_AFTER_MS ? [] : face.receive(chunk, nowMs)
    },
    reset: () => face.reset(),
  }
}

export function looselyWired(face: Face, seed: number): Face {
  return {
    receive: (chunk, nowMs) =>
      face.receive(chunk, nowMs).filter((_, at) => noise(seed ^ nowMs, at, 1) < HOLDS_SHARE),
    reset: () => face.reset(),
  }
}

/** Its time is always that of one moment some weeks ago. */
export function standingStill(face: Face, seed: number): Face {
  let stoodMs: number | null = null
  return {
    receive(chunk, nowMs) {
      stoodMs ??= nowMs - (STOOD_DAYS.least + noise(seed, 0, 1) * STOOD_DAYS.more) * DAY_MS
      return face.receive(chunk, stoodMs)
    },
    reset: () => face.reset(),
  }
}

/** It says nothing to reads of some items, and answers all others. */
export function silentOn(
  face: Face,
  address: string,
  passesOver: (dataId: string) => boolean,
): Face {
  const scanner = dlt645.scanner()
  return {
    receive: (chunk, nowMs) =>
      scanner.push(chunk).flatMap((bytes) => {
        const parsed = parseFrame(bytes)
        if (!parsed.ok || !addressMatches(parsed.frame.address, address)) return []
        const request = requestOf(parsed.frame)
        const isPassedOver = request?.kind === 'read' && passesOver(request.dataId)
        return isPassedOver ? [] : face.receive(buildFrame(parsed.frame), nowMs)
      }),
    reset() {
      scanner.reset()
      face.reset()
    },
  }
}

/** The answer as it would be from the number that the works gave the meter. */
export function underWorksNumber(answer: Uint8Array): Uint8Array {
  const parsed = parseFrame(answer)
  if (!parsed.ok) return answer
  return buildFrame({ ...parsed.frame, address: `71${parsed.frame.address.slice(2)}` })
}

/** The answer with FF, or another byte, for all that it has of items, where it is of one of them. */
export function blanked(
  of: (dataId: string) => boolean,
  blank = 0xff,
): (answer: Uint8Array) => Uint8Array {
  return (answer) => {
    const parsed = parseFrame(answer)
    if (!parsed.ok || parsed.frame.control !== READ_ANSWERED) return answer
    const { data } = parsed.frame
    const dataId = [...data.subarray(0, DATA_ID_BYTES)]
      .toReversed()
      .map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
      .join('')
    if (!of(dataId)) return answer
    return buildFrame({
      ...parsed.frame,
      data: data.map((byte, at) => (at < DATA_ID_BYTES ? byte : blank)),
    })
  }
}

/** What a buffer makes of an answer that is too long for it. */
export function overrun(answer: Uint8Array, bytesMax: number): Uint8Array {
  if (answer.length <= bytesMax) return answer
  return Uint8Array.from([...answer.slice(0, LOST_AT), ...answer.slice(LOST_AT + LOST_BYTES)])
}

export function withStuckBit(answer: Uint8Array): Uint8Array {
  return answer.map((byte) => byte | STUCK_BIT)
}

/** Two answer under one number, the second some bytes after the first. */
export function overlapping(one: Face, other: Face, seed: number): Face {
  return {
    receive(chunk, nowMs) {
      const answers = one.receive(chunk, nowMs)
      const others = other.receive(chunk, nowMs)
      return answers.map((answer, at) => {
        const second = others[at] ?? answer
        const lag = OVERLAP.least + Math.floor(noise(seed ^ nowMs, at, 1) * OVERLAP.more)
        const length = Math.max(answer.length, second.length + lag)
        return Uint8Array.from(
          { length },
          (_, index) => (answer[index] ?? 0xff) & (second[index - lag] ?? 0xff),
        )
      })
    },
    reset() {
      one.reset()
      other.reset()
    },
  }
}

const BABBLE = { least: 2, more: 9 }

/** Stray bytes in the middle of every answer, and where there is none. */
export function babbling(face: Face, seed: number): Face {
  const stray = (nowMs: number, at: number) =>
    Uint8Array.from(
      { length: BABBLE.least + Math.floor(noise(seed ^ nowMs, at, 1) * BABBLE.more) },
      (_, index) => Math.floor(noise(seed ^ nowMs, at + index, 2) * 256),
    )
  return {
    receive(chunk, nowMs) {
      const answers = face.receive(chunk, nowMs)
      if (answers.length === 0) return [stray(nowMs, 0)]
      return answers.map((answer, at) => {
        const middle = answer.length >> 1
        const words = [...answer.slice(0, middle), ...stray(nowMs, at), ...answer.slice(middle)]
        return Uint8Array.from(words)
      })
    },
    reset: () => face.reset(),
  }
}
