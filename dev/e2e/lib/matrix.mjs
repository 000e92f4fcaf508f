// The checks of every client of the matrix, and how much of the matrix is run.
import assert from 'node:assert/strict';
import { TOOLS } from './sdk-client.mjs';

/** The server of the matrix stands behind the gateway. With E2E_PACKAGE it is the one packaged in the folder named there. */
export const DEPLOYED = {
  gateway: true,
  ...(process.env.E2E_PACKAGE && { package: process.env.E2E_PACKAGE }),
};

/** The same server without a gateway. */
export const { gateway: _, ...PLAIN } = DEPLOYED;

/** The first combination; with E2E_LONG all of them. */
export function combinations(...all) {
  return process.env.E2E_LONG ? all : all.slice(0, 1);
}

/** None of them; with E2E_LONG all. */
export function onlyLong(...all) {
  return process.env.E2E_LONG ? all : [];
}

/** Where the server speaks this transport. It must then have given results there. */
export function urlOf(server, transport) {
  server.spoken.add(transport);
  return { http: server.mcp, sse: `${server.mcp}/sse` }[transport];
}

/** The client saw the tools, and what the first one says of this user. */
export function assertJourney({ tools, details }, user) {
  assert.deepEqual(tools, TOOLS);
  assertDetails(details, user);
}

export function assertDetails(details, user) {
  const { success, displayName, userPrincipalName } = details;
  assert.deepEqual(
    { success, displayName, userPrincipalName },
    { success: true, displayName: user.display_name, userPrincipalName: user.user_principal_name },
  );
}
