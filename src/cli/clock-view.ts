import type { MeterProfile } from '#protocols/model'
import type { ClockReadout } from '#src/acquisition/field'
import type { CivilTime } from '#src/core'
import { type CliFailure, exitCodes } from './exit.ts'
import type { CliIo } from './io.ts'
import { printJson } from './report.ts'

/** What somebody wants of a clock. */
export interface ClockWishes {
  readonly protocol: string
  readonly set?: true
  readonly yes?: true
  readonly wait?: string
  readonly via?: string
  readonly json?: true
}

export interface ClockTask {
  readonly device: MeterProfile
  readonly civil: CivilTime
  readonly flags: ClockWishes
}

/** Whoever sets a clock types its address, unless told otherwise. */
export async function isConfirmed(
  io: CliIo,
  { device: { address }, flags }: ClockTask,
  whose: string,
): Promise<boolean> {
  if (flags.yes) return true
  const question = `Type ${address} to set the clock of ${whose}: `
  return (await io.stdin.ask(question))?.trim() === address
}

export function show(
  io: CliIo,
  clock: ClockReadout,
  task: ClockTask,
  more: Readonly<Record<string, unknown>> = {},
): void {
  if (!task.flags.json) {
    io.stdout.write(`${sentence(clock, task)}\n`)
    return
  }
  printJson(io, {
    device: task.device.address,
    wallClock: clock.wallClock,
    at: clock.deviceAt === null ? null : task.civil.iso(clock.deviceAt),
    ourAt: task.civil.iso(clock.ourAt),
    offsetMs: clock.offsetMs,
    uncertaintyMs: clock.uncertaintyMs,
    protocol: task.flags.protocol,
    ...more,
  })
}

export function sentence(clock: ClockReadout, { device, civil }: ClockTask): string {
  const said = `${device.address} says ${clock.wallClock}`
  if (clock.offsetMs === null) return `${said}, which is no possible time`
  const sign = clock.offsetMs < 0 ? '-' : '+'
  const offset = `${sign}${(Math.abs(clock.offsetMs) / 1_000).toFixed(1)} s`
  const uncertainty = `±${(clock.uncertaintyMs / 1_000).toFixed(1)} s`
  return `${said}; it was ${civil.iso(clock.ourAt)}: offset ${offset} ${uncertainty}`
}

export function notConfirmed({ device: { address } }: ClockTask): CliFailure {
  return {
    exit: exitCodes.safeguard,
    code: 'clock.not-confirmed',
    message: `the clock of ${address} was not set: nobody confirmed it`,
    next: 'type the address when asked, or add --yes',
  }
}
