// What an administrator of the tenant does, and what goes wrong there: calls of its control API.
import assert from 'node:assert/strict';

/** `POST /_control/{path}`. */
export async function control({ tenant, control_token }, path, body) {
  const headers = { authorization: `Bearer ${control_token}` };
  const answer = await fetch(`${tenant}/_control/${path}`, { method: 'POST', headers, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 204, path);
}

/** The user has these app roles in the tokens that are issued from now on. */
export function assignRoles(server, user, roles) {
  return control(server, 'app-roles', { user: user.user_principal_name, roles });
}
