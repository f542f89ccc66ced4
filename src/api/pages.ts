import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const webFolder = fileURLToPath(new URL('../web/', import.meta.url))
const uplotFolder = fileURLToPath(new URL('./dist/', import.meta.resolve('uplot/package.json')))

/** The live page and what it loads; nothing comes from elsewhere. */
export async function servePages(app: FastifyInstance): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
      route.schema = { ...route.schema, hide: true }
    })
    await scope.register(fastifyStatic, {
      root: webFolder,
      prefix: '/assets/',
      index: false,
      maxAge: 0,
    })
    await scope.register(fastifyStatic, {
      root: uplotFolder,
      prefix: '/assets/uplot/',
      decorateReply: false,
      index: false,
      maxAge: 86_400_000,
    })
    const pages = { '/': 'index.html', '/curves': 'curves.html' }
    for (const [url, file] of Object.entries(pages)) {
      scope.get(url, (_request, reply) => reply.header('cache-control', 'no-cache').sendFile(file))
    }
  })
}
