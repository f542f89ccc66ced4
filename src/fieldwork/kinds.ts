import {
  closing,
  firstReading,
  installInArchive,
  registers,
  replaceInArchive,
  reported,
  retireInArchive,
  slots,
  verdict,
} from './meter-steps.ts'
import type { Step } from './step.ts'
import {
  download,
  downloadAll,
  moveInArchive,
  moveVerdict,
  readBack,
  rememberPoints,
  removeFromTerminal,
  serveAnew,
} from './terminal-steps.ts'
import type { OrderKind } from './types.ts'

// biome-ignore format: a table, one order a line
export const stepsOf: Readonly<Record<OrderKind, readonly Step[]>> = {
  replace: [closing, reported, replaceInArchive, registers, download, readBack, firstReading, slots, verdict],
  install: [reported, installInArchive, registers, download, readBack, firstReading, slots, verdict],
  retire: [closing, reported, retireInArchive, registers, removeFromTerminal, slots, verdict],
  move: [rememberPoints, reported, moveInArchive, serveAnew, downloadAll, moveVerdict],
}
