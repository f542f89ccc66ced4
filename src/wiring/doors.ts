import type { Feed, Listener } from '#drivers/channel'
import { listenForDialIns, type UnregisteredRule } from '#drivers/dialin'
import { nodeNetwork } from '#drivers/tcp'
import { loginRecogniser } from '#src/acquisition'
import type { CliFailure } from '#src/cli'
import type { LoadedSettings } from '#src/config'
import { type Clock, civilTime, fail, ok, type Result, seconds } from '#src/core'
import type { Logger, Metrics } from '#src/observe'
import { portFailure } from './failures.ts'
import { openFeed } from './feed.ts'
import { connectionsWithin, openFilesMax } from './open-files.ts'
import { terminals } from './terminals.ts'

/**
 * Devices may need a while to register; one that has said nothing for this long is asked for the
 * address of the meter behind it.
 */
const UNREGISTERED: UnregisteredRule = { name: 'asked', afterMs: seconds(5) }

interface DoorOptions {
  readonly loaded: LoadedSettings
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}

/** Where devices come in: the dial-in port and the broker. */
export interface Doors {
  readonly listener: Listener
  readonly feed: Feed
  readonly mqttUrl: string
}

/** Opens them, or says which port cannot be had. */
export async function openDoors(options: DoorOptions): Promise<Result<Doors, CliFailure>> {
  const { loaded, clock, metrics, log } = options
  const { settings } = loaded
  const events = metrics.counter({
    name: 'hes_dialin_events_total',
    help: 'What happened at the dial-in port',
    labels: ['event'],
  })
  const files = connectionsWithin(openFilesMax(), loaded)
  if (!files.ok) return files
  if (files.value < settings.dialinConnectionsMax) {
    const { value: connections } = files
    log.warn({ event: 'dialin.few-files', connections }, 'the limit of open files allows no more')
  }
  const civil = civilTime(settings.timezone)
  const wallNow = () => civil.toWall(clock.now())
  const listener = await listenForDialIns(
    {
      host: settings.dialinHost,
      port: settings.dialinPort,
      connectionsMax: files.value,
      unregistered: UNREGISTERED,
      recognisers: terminals.map((protocol) => loginRecogniser(protocol, wallNow)),
      observe: {
        accepted: () => events.add({ event: 'accepted' }),
        refused: () => events.add({ event: 'refused' }),
        crowdedOut: () => events.add({ event: 'crowded-out' }),
        turnedAway: () => events.add({ event: 'turned-away' }),
        loggedIn: () => events.add({ event: 'login' }),
        loginTimedOut: (remoteAddress) => {
          events.add({ event: 'login-timeout' })
          log.warn({ event: 'dialin.login-timeout', remoteAddress }, 'a caller never registered')
        },
        garbage: (count, remoteAddress) => {
          events.add({ event: 'garbage' })
          log.info(
            { event: 'dialin.garbage', remoteAddress, bytes: count },
            'a caller sent bytes that no registration rule understands',
          )
        },
        heartbeat: () => events.add({ event: 'heartbeat' }),
        idledOut: (identity) => {
          events.add({ event: 'idle' })
          log.warn({ event: 'dialin.idle', identity }, 'no heartbeat; the connection was closed')
        },
        takenOver: (takeover) => {
          events.add({ event: 'takeover' })
          log.warn(
            { event: 'dialin.takeover', ...takeover },
            'the same identity dialed in again; the newer connection is used',
          )
        },
      },
    },
    nodeNetwork,
    clock,
  )
  if (!listener.ok) return fail(portFailure('HES_DIALIN_PORT', listener.error))
  const opened = await openFeed(settings, clock, metrics)
  if (!opened.ok) {
    await listener.value.close()
    return fail(portFailure('HES_MQTT_PORT', opened.error))
  }
  return ok({ listener: listener.value, ...opened.value })
}
