import { type Clock, fail, hours, type Instant, ok, type Result } from '#src/core'
import type { Database } from '#src/db'
import { nodeIdOf } from '#src/grid'
import { recordMove, selectArchivePolicy } from '#src/registry'
import {
  askFor,
  correctPlace,
  decideProposal,
  isPlacedToo,
  lockPlace,
  lockProposal,
  movePlace,
  selectMove,
} from './adopt-queries.ts'
import {
  countOpen,
  keepFound,
  noteSearch,
  selectProposal,
  selectProposals,
  selectStaleFeeders,
} from './book-queries.ts'
import { selectAreas } from './gather-queries.ts'
import { POINTS_MAX, searchAreas } from './search.ts'
import type { Proposal, ProposalRefusal, Proposals } from './types.ts'

const FEEDERS_A_NIGHT = 50
const NIGHTLY_SPAN = hours(14 * 24)

export interface ProposalsOptions {
  readonly db: Database
  readonly clock: Clock
}

const refused = (kind: ProposalRefusal['kind'], message: string) => fail({ kind, message })

export function createProposals({ db, clock }: ProposalsOptions): Proposals {
  const search: Proposals['search'] = async (under, span) => {
    const node = await nodeIdOf(db, under)
    if (node === null) return refused('no-node', 'there is no such node of the grid')
    const now = clock.now()
    const areas = await selectAreas(db, node, now)
    const searched = await searchAreas(db, areas, now, span)
    if (searched === null) {
      const message = `more than ${POINTS_MAX} usage points hang there: name a smaller part`
      return refused('too-much', message)
    }
    const { members, found, judged, confirmed } = searched
    const points = members.map(({ pointId }) => pointId)
    await db.transaction(async (tx) => {
      await keepFound(tx, points, found, now)
      await noteSearch(tx, node, now)
    })
    const open = await countOpen(db, points)
    return ok({ areas: areas.length, points: points.length, judged, confirmed, open })
  }

  return {
    search,
    list: (filter, { after, limit }) => selectProposals(db, filter, after, limit),
    get: (id) => selectProposal(db, id),
    async adopt(id, since, by, also) {
      const now = clock.now()
      if (since !== null && since > now) {
        return refused('not-now', 'what hangs where is not known of the future')
      }
      const taken = await db.transaction(async (tx) => {
        const proposal = await lockProposal(tx, id)
        if (proposal === null) return refused('not-found', 'there is no such proposal')
        if (proposal.state !== 'open') return refused('not-now', `it is ${proposal.state}`)
        const { usagePointId, archivedNode, archivedPhase, node, phase } = proposal
        const place = await lockPlace(tx, usagePointId, archivedNode, now)
        if (place === null || place.phase !== archivedPhase) {
          return refused('not-now', 'the archive says something else meanwhile')
        }
        const isCorrection = since === null || since <= place.validFrom
        const from = isCorrection ? place.validFrom : since
        if (await isPlacedToo(tx, usagePointId, node, place.id, from, place.validTo)) {
          return refused('not-now', 'it counts there already, for a part of that time')
        }
        if ((await selectArchivePolicy(tx)).proposals === 'second-person') {
          const { askedBy, askedSince } = proposal
          if (askedBy === by && askedSince === since) {
            return refused('second-person', `${by} asked for it; somebody else must agree`)
          }
          if (askedBy === null || askedBy === by || askedSince !== since) {
            await askFor(tx, id, since, by, now)
            await also(tx)
            return ok(undefined)
          }
        }
        if (isCorrection) await correctPlace(tx, place.id, node, phase)
        else await movePlace(tx, usagePointId, place, node, phase, since)
        const { point, before, after } = await selectMove(tx, proposal)
        const action = isCorrection ? 'corrected' : 'changed'
        await recordMove(
          tx,
          usagePointId,
          { point, action, validFrom: from, before, after },
          by,
          now,
        )
        await decideProposal(tx, id, 'adopted', by, '', now)
        await also(tx)
        return ok(undefined)
      })
      return taken.ok ? await proposalOr(id) : taken
    },
    async dismiss(id, reason, by, also) {
      const done = await db.transaction(async (tx) => {
        const proposal = await lockProposal(tx, id)
        if (proposal === null) return refused('not-found', 'there is no such proposal')
        if (proposal.state !== 'open') return refused('not-now', `it is ${proposal.state}`)
        await decideProposal(tx, id, 'dismissed', by, reason, clock.now())
        await also(tx)
        return ok(undefined)
      })
      return done.ok ? await proposalOr(id) : done
    },
    async nightly() {
      const stale = await selectStaleFeeders(db, clock.now(), FEEDERS_A_NIGHT)
      for (const code of stale) {
        const searched = await search({ kind: 'feeder', code }, NIGHTLY_SPAN)
        if (!searched.ok) await passOver(code, clock.now())
      }
    },
  }

  /** One that is too large is not the first again tomorrow. */
  async function passOver(code: string, now: Instant): Promise<void> {
    const node = await nodeIdOf(db, { kind: 'feeder', code })
    if (node !== null) await noteSearch(db, node, now)
  }

  async function proposalOr(id: number): Promise<Result<Proposal, ProposalRefusal>> {
    const proposal = await selectProposal(db, id)
    return proposal === null ? refused('not-found', 'there is no such proposal') : ok(proposal)
  }
}
