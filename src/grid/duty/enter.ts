import { fail, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import {
  cutDuty,
  insertDuty,
  insertManager,
  lockNode,
  selectAround,
  selectByName,
  selectByStaffNo,
  updateManager,
} from './queries.ts'
import type { DutyChange, DutyEntry, DutyNode, DutyRefusal } from './types.ts'

/**
 * Who holds a node at `from` is relieved then; until `to`, after which that person goes on, or
 * until what is entered for later. The transaction has `lockManagers`.
 */
export async function enterDuty(
  tx: Db,
  entry: DutyEntry,
  rename: boolean,
  by: string,
): Promise<Result<DutyChange, DutyRefusal>> {
  const { from, to } = entry
  if (to !== null && to <= from) return refused('range', 'it ends before it begins')
  const node = await lockedNode(tx, entry.node)
  if (!node.ok) return node
  const { held, next } = await selectAround(tx, node.value, from)
  if (to !== null && next !== null && to > next) {
    return refused('clash', 'somebody is entered for a later time, before it ends')
  }
  const manager = await managerOf(tx, entry, rename)
  if (!manager.ok) return manager
  const change = { before: held?.manager ?? null }
  const until = to ?? next
  const isSame = held?.manager_id === manager.value
  if (isSame && held.valid_to === until) return ok(change)
  if (held) await cutDuty(tx, held, from)
  await insertDuty(tx, node.value, manager.value, from, until, by)
  // Who was stood in for goes on afterwards.
  if (held && !isSame && to !== null && (held.valid_to === null || held.valid_to > to)) {
    await insertDuty(tx, node.value, held.manager_id, to, held.valid_to, by)
  }
  return ok(change)
}

export async function endDuty(
  tx: Db,
  name: DutyNode,
  at: DutyEntry['from'],
): Promise<Result<DutyChange, DutyRefusal>> {
  const node = await lockedNode(tx, name)
  if (!node.ok) return node
  const { held } = await selectAround(tx, node.value, at)
  if (held === undefined) return refused('clash', 'nobody is responsible for it then')
  await cutDuty(tx, held, at)
  return ok({ before: held.manager })
}

async function lockedNode(tx: Db, name: DutyNode): Promise<Result<number, DutyRefusal>> {
  const node = await lockNode(tx, name)
  return node === null ? refused('no-node', `there is no ${name.kind} ${name.code}`) : ok(node)
}

/** The person that is meant, entered if new. A staff number says who; a name if one alone has it. */
async function managerOf(
  tx: Db,
  { name, staffNo, phone }: DutyEntry,
  rename: boolean,
): Promise<Result<number, DutyRefusal>> {
  const found = staffNo === null ? await selectByName(tx, name) : await selectByStaffNo(tx, staffNo)
  const [known, ...others] = found
  if (known === undefined) return ok(await insertManager(tx, { name, staffNo, phone }))
  if (known.name !== name && !rename) {
    return refused('person', `staff number ${staffNo} is ${known.name}, not ${name}`)
  }
  if (others.length > 0) {
    return refused('person', `more than one is called ${name}: the staff number is needed`)
  }
  const told = phone ?? known.phone
  if (known.name !== name || known.phone !== told) await updateManager(tx, known.id, name, told)
  return ok(known.id)
}

const refused = (kind: DutyRefusal['kind'], message: string) =>
  fail({ kind, message } satisfies DutyRefusal)
