import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'
import pretty from 'pino-pretty'

export type { Logger } from 'pino'

export interface LogSettings {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** For people at a terminal instead of JSON lines. */
  readonly pretty: boolean
}

/** Names that carry secrets, wherever they are in what is logged, to a depth of two. */
const SECRET_NAMES = [
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'token',
  'secret',
  'authorization',
  'cookie',
  'apiKey',
]

/**
 * The root logger; each component takes a child: `log.child({ component: 'api' })`. Logs go to
 * stderr, so that stdout stays for data.
 */
export function createLogger(settings: LogSettings, destination?: DestinationStream): Logger {
  const options = {
    level: settings.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: {
      paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '***',
    },
  }
  const target = destination ?? pino.destination({ dest: 2, sync: true })
  if (!settings.pretty) return pino(options, target)
  return pino(
    options,
    pretty({ destination: destination ?? 2, sync: true, ignore: 'pid,hostname', colorize: true }),
  )
}
