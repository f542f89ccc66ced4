import type { Dlt645v1997Request } from '#protocols/dlt645'

/** A request of DL/T 645-1997 and those that are sent after it for the same item. */
export function partsOf1997(request: Dlt645v1997Request): readonly Dlt645v1997Request[] {
  switch (request.kind) {
    case 'read':
      return [
        request,
        ...request.afterwards.map((dataId) => ({ ...request, dataId, afterwards: [] })),
      ]
    case 'write':
      return [
        request,
        ...request.afterwards.map((next) => ({ ...request, ...next, afterwards: [] })),
      ]
    default:
      return [request]
  }
}
