import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { problemKinds, problemTable } from './problems.ts'

const description = `Head-end system for smart electricity meters.

Sign in with \`POST /api/v1/sessions\` and send the token as \`Authorization: Bearer …\`; API keys of
machines go the same way. Times are ISO 8601 with offset. Quantities are decimal strings with their
unit beside them. Lists answer \`{"items": […], "next": "…" | null}\`: send \`next\` as \`cursor\` for the
following page.

## Problems

Every error is an RFC 9457 document (\`application/problem+json\`) with a stable \`code\`:

${problemTable()}
`

/** The document from the routes' own schemas; registered before them. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'OpenHES', version, description, license: { name: 'Apache-2.0' } },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A session token or an API key.' },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `def-${index}`),
    },
  })
}

/** Swagger UI styles its parts inline; scripts stay our own. */
const docsPolicy = {
  'default-src': "'self'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
  'img-src': ["'self'", 'data:'],
  'object-src': "'none'",
  'style-src': ["'self'", "'unsafe-inline'"],
}

const iconFile = new URL('../web/icon.svg', import.meta.url)

/** The document, its readable form and the page of problems; all files are our own. */
export async function serveDocs(app: FastifyInstance): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
    })
    await scope.register(swaggerUi, {
      routePrefix: '/api/docs',
      staticCSP: docsPolicy,
      logo: { type: 'image/svg+xml', content: readFileSync(iconFile), href: '/', target: '_self' },
      uiConfig: { deepLinking: true, persistAuthorization: false },
      theme: {
        title: 'OpenHES API',
        favicon: [
          {
            filename: 'icon.svg',
            rel: 'icon',
            type: 'image/svg+xml',
            sizes: 'any',
            content: readFileSync(iconFile),
          },
        ],
      },
    })
    scope.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger())
    scope.get('/api/problems', { schema: { hide: true } }, (_request, reply) =>
      reply.type('text/html; charset=utf-8').send(problemsPage),
    )
  })
}

const problemsPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenHES problems</title>
<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/app.css">
<main class="document">
<h1>Problems</h1>
<p>Every error of the API is an RFC 9457 document with one of these codes.</p>
<dl>
${problemKinds
  .map(
    ({ code, status, en, zh }) =>
      `<dt id="${code}"><code>${code}</code> ${status}</dt><dd>${en}<br><span lang="zh">${zh}</span></dd>`,
  )
  .join('\n')}
</dl>
</main>
</html>
`
