import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { sendProblem } from './faults.ts'

type Known = Pick<RouteOptions, 'method' | 'url'>

/** A path of the routes, and the methods it is there for. */
interface Place {
  readonly parts: readonly string[]
  readonly methods: Set<string>
}

/** Answers what no route took: 405 where the path is there for other methods, else 404. */
export function refuseUnknown(routes: readonly Known[]) {
  let places: readonly Place[] | null = null
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    places ??= placesOf(routes)
    const allowed = methodsAt(places, request.url)
    // A file or page that is not there comes here too, through a route that takes its method.
    if (allowed.length === 0 || allowed.includes(request.method)) {
      return sendProblem(request, reply, { code: 'not-found' })
    }
    const allow = allowed.join(', ')
    reply.header('allow', allow)
    return sendProblem(request, reply, {
      code: 'method-not-allowed',
      detail: `${request.method} is not taken here, but ${allow}.`,
    })
  }
}

function placesOf(routes: readonly Known[]): readonly Place[] {
  const byUrl = new Map<string, Place>()
  for (const { url, method } of routes) {
    const place = byUrl.get(url) ?? { parts: partsOf(url), methods: new Set() }
    byUrl.set(url, place)
    for (const one of [method].flat()) place.methods.add(one)
  }
  return [...byUrl.values()]
}

function methodsAt(places: readonly Place[], url: string): readonly string[] {
  const path = partsOf(url.replace(/[?#].*$/, ''))
  const found = places.filter(({ parts }) => fits(path, parts))
  return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort()
}

const partsOf = (path: string): readonly string[] => path.split('/')

/** `:id` stands for any part, as the router has it also an empty one, `*` for all the rest. */
function fits(path: readonly string[], pattern: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '*'
  const length = isOpen ? pattern.length - 1 : pattern.length
  if (isOpen ? path.length < length : path.length !== length) return false
  return pattern.slice(0, length).every((part, at) => part.startsWith(':') || part === path[at])
}
