import type { ReadTask } from './commands/read.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import type { CliIo } from './io.ts'
import { reportFailure } from './report.ts'

/** Asks a device behind a concentrator through a running head-end. */
export async function readThroughServer(
  io: CliIo,
  task: ReadTask,
  concentrator: string,
): Promise<ExitCode> {
  return reportFailure(io, {
    exit: exitCodes.failed,
    code: 'server.unavailable',
    message: `${concentrator} cannot be asked through ${task.settings.server} yet`,
  })
}
