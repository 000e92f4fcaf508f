// The TypeScript SDK's server of Streamable HTTP without sessions, behind the SDK's OAuth router and bearer middleware, as
// its documentation combines them: `node server.mjs FILE GRAPH`. Prints its address and the token that it accepts.
//
// FILE has the tools that are listed; a call asks GRAPH for the user.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import express from 'express'
import { SignJWT, jwtVerify } from 'jose'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { ProxyOAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/providers/proxyProvider.js'
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'

const [file, graph] = process.argv.slice(2)
const { tools } = JSON.parse(JSON.parse(readFileSync(file, 'utf8')).list.body).result
const [key, graphToken] = [randomBytes(32), randomBytes(512).toString('base64url')]

// Tokens are JWTs that this server has signed.
const [issuer, audience] = ['http://127.0.0.1', 'http://127.0.0.1/mcp']
const token = await new SignJWT({ scope: 'user.read', client_id: 'bench' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('bob')
    .setExpirationTime('1h')
    .sign(key)

const verifyAccessToken = async token => {
    try {
        const { payload } = await jwtVerify(token, key, { issuer, audience, algorithms: ['HS256'] })
        return { token, clientId: payload.client_id, scopes: payload.scope.split(' '), expiresAt: payload.exp }
    } catch {
        throw new InvalidTokenError('invalid token')
    }
}

const user = async () => {
    const answer = await fetch(graph, { headers: { authorization: `Bearer ${graphToken}` } })
    if (!answer.ok) throw new Error(`Graph answered ${answer.status}`)
    return answer.json()
}

// A server without sessions makes a server and a transport for each request.
const server = () => {
    const server = new Server({ name: 'bench', version: '1.0.0' }, { capabilities: { tools: {} } })
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }))
    server.setRequestHandler(CallToolRequestSchema, async () => {
        const result = { success: true, ...(await user()) }
        return { content: [{ type: 'text', text: JSON.stringify(result, null, 2) }], structuredContent: result }
    })
    return server
}

const app = express()
const listener = app.listen(0, '127.0.0.1', () => {
    const url = new URL(`http://127.0.0.1:${listener.address().port}`)
    const resource = new URL('/mcp', url)
    const provider = new ProxyOAuthServerProvider({
        endpoints: { authorizationUrl: `${url}upstream/authorize`, tokenUrl: `${url}upstream/token` },
        verifyAccessToken,
        getClient: async () => undefined,
    })
    app.use(mcpAuthRouter({ provider, issuerUrl: url, baseUrl: url, resourceServerUrl: resource }))
    const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resource)
    const bearer = requireBearerAuth({ verifier: provider, requiredScopes: ['user.read'], resourceMetadataUrl })
    app.post('/mcp', bearer, express.json(), async (request, response) => {
        const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true })
        const served = server()
        response.on('close', () => {
            transport.close()
            served.close()
        })
        await served.connect(transport)
        await transport.handleRequest(request, response, request.body)
    })
    console.log(`${url.host} ${token}`)
})
