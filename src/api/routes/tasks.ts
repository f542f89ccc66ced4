import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import type { MeterGroup, NewTask, Task, TaskProblem } from '#src/collection'
import { type BusinessDate, fail, idOf, ok, parseBusinessDate, type Result } from '#src/core'
import { ARMING, BUSINESS } from '../access.ts'
import {
  MeterGroup as GroupSchema,
  groupFields,
  Task as TaskSchema,
  taskFields,
} from '../collection-schemas.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, pageOf } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Collection tasks'

const { name, protocol, dataClass, items, cycleSeconds, ...others } = taskFields
const NewTaskBody = closed({
  ...{ name, protocol, dataClass, items, cycleSeconds },
  ...Type.Partial(closed(others)).properties,
})
const TaskChange = Type.Partial(closed(taskFields))
const { name: groupName, ...groupOthers } = groupFields
const GroupChange = Type.Partial(closed(groupFields))

/** Task templates (采集任务) and the groups of meters they are for. */
export function taskRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { tasks } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/collection/tasks',
      access: BUSINESS,
      tag,
      summary: 'Every task, the most urgent first',
      answers: pageOf(TaskSchema),
      async handle() {
        return ok({ body: { items: (await tasks.list()).map(taskView), next: null } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/collection/tasks/:id',
      access: BUSINESS,
      tag,
      summary: 'One task',
      params: IdParams,
      answers: TaskSchema,
      errors: ['task-not-found'],
      async handle({ params }) {
        const task = await tasks.get(idOf(params.id))
        return task ? ok({ body: taskView(task) }) : fail({ code: 'task-not-found' })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/collection/tasks',
      access: ARMING,
      tag,
      summary: 'Make a task; a running head-end follows it at once',
      status: 201,
      body: NewTaskBody,
      answers: TaskSchema,
      errors: ['invalid-task', 'name-taken'],
      audit: 'task.create',
      async handle({ body, note }) {
        const given = parsed(body)
        if (!given.ok) return given
        const { validFrom: _from, validTo: _to, ...rest } = body
        const task = { ...usual, ...rest, ...given.value }
        const made = await tasks.create(task, (tx, id) =>
          note(tx, { target: `task/${id}`, detail: { ...body } }),
        )
        return made.ok ? taken(taskView(made.value)) : fail(problemOf(made.error, 'task'))
      },
    }),
    define({
      method: 'PATCH',
      url: '/api/v1/collection/tasks/:id',
      access: ARMING,
      tag,
      summary: 'Change a task, or switch it on or off',
      params: IdParams,
      body: TaskChange,
      answers: TaskSchema,
      errors: ['invalid-task', 'name-taken', 'task-not-found'],
      audit: 'task.change',
      async handle({ params, body, note }) {
        const given = parsed(body)
        if (!given.ok) return given
        const { validFrom: _from, validTo: _to, ...rest } = body
        const change = { ...rest, ...given.value }
        const target = `task/${params.id}`
        const changed = await tasks.change(idOf(params.id), change, (tx) =>
          note(tx, { target, detail: { ...body } }),
        )
        if (changed.ok) return taken(taskView(changed.value))
        return fail({ ...problemOf(changed.error, 'task'), audit: { target } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/collection/groups',
      access: BUSINESS,
      tag,
      summary: 'Every group of meters (采集对象组)',
      answers: pageOf(GroupSchema),
      async handle() {
        return ok({ body: { items: (await tasks.groups()).map(groupView), next: null } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/collection/groups',
      access: ARMING,
      tag,
      summary: 'Make a group: by attributes of its meters, by a list, or both',
      status: 201,
      body: closed({ name: groupName, ...Type.Partial(closed(groupOthers)).properties }),
      answers: GroupSchema,
      errors: ['invalid-task', 'name-taken'],
      audit: 'meter-group.create',
      async handle({ body, note }) {
        const { name, filter = null, meters = [] } = body
        const group = { name, filter, meterIds: meters.map((id) => idOf<'meter'>(id)) }
        const made = await tasks.createGroup(group, (tx, id) =>
          note(tx, { target: `meter-group/${id}`, detail: { name, filter } }),
        )
        return made.ok ? taken(groupView(made.value)) : fail(problemOf(made.error, 'group'))
      },
    }),
    define({
      method: 'PATCH',
      url: '/api/v1/collection/groups/:id',
      access: ARMING,
      tag,
      summary: 'Change a group; its tasks are for whoever is in it then',
      params: IdParams,
      body: GroupChange,
      answers: GroupSchema,
      errors: ['invalid-task', 'name-taken', 'meter-group-not-found'],
      audit: 'meter-group.change',
      async handle({ params, body, note }) {
        const { meters, ...rest } = body
        const listed = meters && { meterIds: meters.map((id) => idOf<'meter'>(id)) }
        const target = `meter-group/${params.id}`
        const changed = await tasks.changeGroup(idOf(params.id), { ...rest, ...listed }, (tx, id) =>
          note(tx, { target: `meter-group/${id}`, detail: { ...rest } }),
        )
        if (changed.ok) return taken(groupView(changed.value))
        return fail({ ...problemOf(changed.error, 'group'), audit: { target } })
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/collection/groups/:id',
      access: ARMING,
      tag,
      summary: 'Remove a group that no task is for',
      status: 204,
      params: IdParams,
      answers: Type.Null(),
      errors: ['meter-group-not-found', 'meter-group-in-use'],
      audit: 'meter-group.remove',
      async handle({ params, note }) {
        const target = `meter-group/${params.id}`
        const removed = await tasks.removeGroup(idOf(params.id), (tx) => note(tx, { target }))
        if (removed.ok) return taken(null)
        return fail({ ...problemOf(removed.error, 'group'), audit: { target } })
      },
    }),
  ]

  /** Done: the engine of this process need not wait until it notices. */
  function taken<T>(body: T) {
    services.archiveMoved()
    return ok({ body })
  }
}

const usual = {
  ...{ nameZh: '', offsetSeconds: 0, priority: 50, enabled: true, group: null },
  ...{ windowSeconds: null, validFrom: null, validTo: null },
  ...{ catchUpSeconds: 0, catchUpItems: [], catchUpSlots: 1 },
}

/** The dates of a body, as far as they are given. */
function parsed(
  body: Pick<Static<typeof TaskChange>, 'validFrom' | 'validTo'>,
): Result<Partial<Pick<NewTask, 'validFrom' | 'validTo'>>, Problem> {
  const dates: { validFrom?: BusinessDate | null; validTo?: BusinessDate | null } = {}
  for (const field of ['validFrom', 'validTo'] as const) {
    const text = body[field]
    if (text === undefined) continue
    const date = text === null ? null : parseBusinessDate(text)
    if (date === undefined) {
      return fail({ code: 'invalid-task', detail: `${field} is no date: ${text}` })
    }
    dates[field] = date
  }
  return ok(dates)
}

function problemOf(problem: TaskProblem, what: 'task' | 'group'): Problem {
  switch (problem.kind) {
    case 'not-found':
      return { code: what === 'task' ? 'task-not-found' : 'meter-group-not-found' }
    case 'name-taken':
      return { code: 'name-taken' }
    case 'in-use':
      return { code: 'meter-group-in-use', detail: `Tasks: ${problem.tasks.join(', ')}.` }
    case 'invalid': {
      const errors = problem.mistakes.map(({ field, message }) => {
        return { in: 'body' as const, name: field, message }
      })
      const detail = errors.map(({ name, message }) => `${name} ${message}`).join('; ')
      return { code: 'invalid-task', detail, errors }
    }
  }
}

const taskView = ({ items, catchUpItems, ...task }: Task) => ({
  ...task,
  items: [...items],
  catchUpItems: [...catchUpItems],
})

const groupView = ({ meterIds, meters, filter, ...group }: MeterGroup) => ({
  ...group,
  filter: filter && { ...filter },
  meters: [...meterIds],
  size: meters,
})
