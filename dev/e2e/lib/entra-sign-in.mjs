// The local tenant's pages, driven without a browser, and MSAL's view of the tenant: MSAL insists on https, so the last
// step of each of its requests takes the s away.

/** The origin as MSAL knows it. */
export const secure = (tenant) => tenant.replace(/^http:/, 'https:');
const plain = (tenant, url) => (url.startsWith(secure(tenant)) ? tenant + url.slice(secure(tenant).length) : url);

const USER = /name="user" value="([^"]+)"/;

/** Signs this user in at an authorization URL; the parameters that the application gets back. */
export async function signInAtEntra(tenant, authorizationUrl, user) {
  const shown = await fetch(plain(tenant, authorizationUrl), { redirect: 'manual' });
  if (shown.status !== 200) throw new Error(`${shown.status} ${shown.headers.get('location')}`);
  const page = await shown.text();
  let answer = await choose(tenant, page, { user: oid(page, user) });
  if (answer.status === 200) {
    const second = await answer.text();
    answer = await choose(tenant, second, { user: second.match(USER)[1], second_factor: 'approved' });
  }
  if (answer.status !== 302) throw new Error(`${answer.status}: ${await answer.text()}`);
  return Object.fromEntries(new URL(answer.headers.get('location')).searchParams);
}

function choose(tenant, page, chosen) {
  const [, action] = page.match(/action="([^"]+)"/);
  const [, request] = page.match(/name="request" value="([^"]+)"/);
  return fetch(tenant + action, { method: 'POST', body: new URLSearchParams({ request, ...chosen }), redirect: 'manual' });
}

/** The button of a user names them after its value. */
function oid(page, { user_principal_name: name }) {
  const before = page.slice(0, page.indexOf(name));
  return before.match(/name="user" value="([^"]+)"/g).at(-1).match(/value="([^"]+)"/)[1];
}

/** The network of MSAL for Node. */
export function network(tenant) {
  const send = async (url, { headers, body } = {}, method) => {
    const answer = await fetch(plain(tenant, url), { method, headers, body });
    const text = (await answer.text()).replaceAll(tenant, secure(tenant));
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: JSON.parse(text) };
  };
  return {
    sendGetRequestAsync: (url, options) => send(url, options, 'GET'),
    sendPostRequestAsync: (url, options) => send(url, options, 'POST'),
  };
}
