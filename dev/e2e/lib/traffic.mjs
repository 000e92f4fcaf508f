// The browser's traffic on the wire: the DevTools protocol's extra events hold the headers that its page events hide,
// Origin, Cookie and Set-Cookie among them.

/** Records every main-frame exchange of this page from now on, in order, as `{ method, url, headers, setCookie }`. */
export async function record(page) {
  const devtools = await page.createCDPSession();
  const exchanges = new Map();
  const of = (id) => exchanges.get(id) ?? exchanges.set(id, new Chain()).get(id);
  devtools.on('Network.requestWillBeSent', ({ requestId, type, request }) => of(requestId).request(type, request));
  devtools.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => of(requestId).sent(headers));
  devtools.on('Network.responseReceivedExtraInfo', ({ requestId, headers }) => of(requestId).received(headers));
  await devtools.send('Network.enable');
  return () => [...exchanges.values()].filter((chain) => chain.type === 'Document').flatMap((chain) => chain.exchanges());
}

// Redirects share their request's id, so there is a chain under each; the events of the two kinds come in any order among
// themselves, but each kind in the order of the chain.
class Chain {
  requests = [];
  sentHeaders = [];
  receivedHeaders = [];

  request(type, { method, url }) {
    this.type = type;
    this.requests.push({ method, url });
  }

  sent(headers) {
    this.sentHeaders.push(lowerCase(headers));
  }

  received(headers) {
    this.receivedHeaders.push(lowerCase(headers));
  }

  exchanges() {
    return this.requests.map((request, index) => ({
      ...request,
      headers: this.sentHeaders[index] ?? {},
      setCookie: this.receivedHeaders[index]?.['set-cookie']?.split('\n') ?? [],
    }));
  }
}

function lowerCase(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
