import { type CliContext, runOf, settingsOr2 } from './context.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import { reportFailure } from './report.ts'
import type { SimulateSpec } from './simulate-spec.ts'

/** Plays what was asked for until the person ends it. */
export async function play(spec: SimulateSpec, { io, actions }: CliContext): Promise<ExitCode> {
  const loaded = await settingsOr2(io)
  if (loaded === null) return exitCodes.usage
  const ended = await actions.simulate(spec, runOf(io, loaded))
  return ended.ok ? exitCodes.done : reportFailure(io, ended.error)
}
