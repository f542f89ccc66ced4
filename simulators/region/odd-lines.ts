import { buildFrame, dlt645, parseFrame, requestOf } from '#protocols/dlt645'
import type { Face } from '#simulators/faces'
import { noise, type Site } from '#simulators/meter'
import { underWorksNumber } from './strange.ts'

const HOUR_MS = 3_600_000
const START = 0x68
const WAKE_UP = 0xfe
const READ = 0x11
/** 00010000, imported energy, in the order of the wire. */
const TOTAL = [0, 0, 1, 0]
const CUT = { least: 6, more: 4 }
const NO_ANSWER = Uint8Array.from('+TIMEOUT\r\n', (sign) => sign.charCodeAt(0))

/** The moment at which it is so late on the day of another moment. */
export function atHour(site: Site, nowMs: number, hour: number): number {
  return site.calendar.dayAt(nowMs).startMs + hour * HOUR_MS
}

/** One thing until a moment, another from then on. */
export function until(isOver: (nowMs: number) => boolean, before: Face, after: Face): Face {
  return {
    receive: (chunk, nowMs) => (isOver(nowMs) ? after : before).receive(chunk, nowMs),
    reset() {
      before.reset()
      after.reset()
    },
  }
}

/** It hears itself: what is asked comes back, and then the answer. */
export function echoing(face: Face): Face {
  return onBus(face, (asked, answers) => [joined([asked, ...answers])])
}

/** A module that says so where nobody answered. */
export function sayingTimeout(face: Face): Face {
  return onBus(face, (_, answers) => (answers.length === 0 ? [NO_ANSWER] : answers))
}

/** A meter of the next bus answers its own master: heard before each answer, and where none is. */
export function overhearing(face: Face, neighbour: Face, address: string): Face {
  const call = buildFrame({ address, control: READ, data: Uint8Array.from(TOTAL) })
  return onBus(face, (_, answers, nowMs) => {
    const heard = neighbour.receive(call, nowMs).map(underWorksNumber)
    return [joined([...heard, ...answers])]
  })
}

/** The beginning of each answer is lost, more of it than wake-up bytes. */
export function withoutBeginning(seed: number): (answer: Uint8Array, nowMs: number) => Uint8Array {
  return (answer, nowMs) =>
    answer.slice(CUT.least + Math.floor(noise(seed ^ nowMs, 0, 1) * CUT.more))
}

/** It hears only what wakes it up first. */
export function sleeping(face: Face): Face {
  return {
    receive: (chunk, nowMs) => (chunk[0] === WAKE_UP ? face.receive(chunk, nowMs) : []),
    reset: () => face.reset(),
  }
}

/** Of some items it says what it would have said so long ago. */
export function backThen(face: Face, agoMs: number, of: (dataId: string) => boolean): Face {
  const scanner = dlt645.scanner()
  return {
    receive: (chunk, nowMs) =>
      scanner.push(chunk).flatMap((bytes) => {
        const parsed = parseFrame(bytes)
        const request = parsed.ok ? requestOf(parsed.frame) : null
        const isOld = request?.kind === 'read' && of(request.dataId)
        return face.receive(bytes, isOld ? nowMs - agoMs : nowMs)
      }),
    reset() {
      scanner.reset()
      face.reset()
    },
  }
}

/** What is passed on to the bus; words for the module itself are not. */
function onBus(
  face: Face,
  made: (asked: Uint8Array, answers: readonly Uint8Array[], nowMs: number) => readonly Uint8Array[],
): Face {
  return {
    receive(chunk, nowMs) {
      const answers = face.receive(chunk, nowMs)
      return chunk.includes(START) ? made(chunk, answers, nowMs) : answers
    },
    reset: () => face.reset(),
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
