import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { Affected, Collection } from '../grid-answers.ts'
import { showAffected } from '../grid-view.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'

const PAGE = '1000'

interface Flags extends OnlineFlags {
  readonly at?: string
  readonly bbox?: string
  readonly polygon?: string
  readonly layers?: string
  readonly cursor?: string
}

/** The grid on the map: who is hit somewhere, and all of it for other programs. */
export async function addMaps(command: Command, context: CliContext): Promise<void> {
  const affected = await onlineVerb(command, 'affected', 'who is hit where a part of the map is')
  affected
    .option('--at <TIME>', 'a date or a moment; else now')
    .option('--bbox <W,S,E,N>', 'what lies inside, in degrees')
    .option('--polygon <LON,LAT,…>', 'the same by its corners')
    .option('--cursor <CURSOR>', 'go on after an earlier page, as its JSON says')
    .action(
      context.runs(({ at, bbox, polygon, cursor, ...flags }: Flags) => {
        const query = queryText({ at, bbox, polygon, cursor, limit: PAGE })
        return online<typeof Affected>(
          flags,
          context,
          (client) => client.get(`/grid/affected${query}`, Affected),
          showAffected,
        )
      }),
    )
  const geojson = await onlineVerb(
    command,
    'geojson',
    'nodes, links and points of a map (RFC 7946)',
  )
  geojson
    .option('--at <TIME>', 'a date or a moment; else now')
    .option('--bbox <W,S,E,N>', 'only what lies inside, in degrees')
    .option('--layers <NAMES>', 'some of nodes,links,points')
    .action(
      context.runs(({ at, bbox, layers, ...flags }: Flags) => {
        const query = queryText({ at, bbox, layers })
        return online<typeof Collection>(
          flags,
          context,
          (client) => client.get(`/grid.geojson${query}`, Collection),
          (collection) => `${JSON.stringify(collection, null, 2)}\n`,
        )
      }),
    )
}
