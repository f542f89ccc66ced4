import { Command, CommanderError } from 'commander'
import type { CliActions } from './actions.ts'
import { catalogue } from './commands/catalogue.ts'
import type { CliContext } from './context.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import type { CliIo } from './io.ts'

const HELP_COLUMNS = 80

const examples = `
Examples:
  hes demo                      everything at once; look at http://127.0.0.1:8080
  hes decode "68 AA AA AA AA AA AA 68 13 00 DF 16"
  hes scan --protocol dlt645-2007 --serial /dev/ttyUSB0
  hes read --protocol dlt645-2007 --address 112233445566 --item 1.8.0 \\
      --tcp 192.168.1.20:4001

Exit codes: 0 done, 1 failed or done in part, 2 wrong call or settings,
3 not found, 4 refused by a safeguard, 5 no answer, 6 not signed in or not
allowed, 7 the device refused, 8 the answer was damaged.
`

/** Runs the command that `argv` names (without node and script) and gives its exit code. */
export async function runCli(
  argv: readonly string[],
  io: CliIo,
  actions: CliActions,
): Promise<ExitCode> {
  let exit: ExitCode = exitCodes.done
  const context: CliContext = {
    io,
    actions,
    isHelp: argv[0] === 'help' || argv.some((word) => word === '-h' || word === '--help'),
    runs:
      (work) =>
      async (...parsed) => {
        exit = await work(...parsed)
      },
  }
  try {
    const program = await buildProgram(argv, context)
    await program.parseAsync(isKnown(argv) ? argv : [chosenOf(argv)], { from: 'user' })
    return exit
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Commander reports help and version the same way; only those asked for are a success.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
}

/** The word that names the command. */
function chosenOf(argv: readonly string[]): string {
  return (argv[0] === 'help' ? argv[1] : argv[0]) ?? ''
}

/** Commander answers a wrong command with the general help where help was asked for. */
function isKnown(argv: readonly string[]): boolean {
  const chosen = chosenOf(argv)
  return !/^[^-]/.test(chosen) || catalogue.some(({ name }) => name === chosen)
}

async function buildProgram(argv: readonly string[], context: CliContext): Promise<Command> {
  const program = new Command('hes')
    .description('OpenHES: head-end system for smart electricity meters')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help; hes COMMAND --help shows more')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', examples)
    .showHelpAfterError('(hes --help lists the commands)')
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => context.io.stdout.write(text),
      writeErr: (text) => context.io.stderr.write(text.replace(/^error: /, 'hes: ')),
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
  const chosen = chosenOf(argv)
  for (const entry of catalogue) {
    const command = program
      .command(entry.name)
      .summary(entry.summary)
      .showHelpAfterError(`(hes ${entry.name} --help shows how)`)
    if (entry.name === chosen) await (await entry.load())(command, context)
  }
  return program
}

const VERSION = '0.1.0'
