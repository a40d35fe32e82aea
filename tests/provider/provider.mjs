// A certified OpenID Connect provider for tests, as strict as it can be: PKCE, one redirect, a client with a secret.
// node provider.mjs '{"port": 0, "redirect": "...", "home": "...", "people": {"vera": {"email": "..."}}}'
// Its sign-in page takes any password. Prints its address once it listens.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const wanted = JSON.parse(process.argv[2]);
const server = createServer((request, response) => handle(request, response));
let handle = (_request, response) => response.writeHead(503).end();

server.listen(wanted.port, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'doorwatch',
        client_secret: 'a secret of the tests & more',
        redirect_uris: [wanted.redirect],
        post_logout_redirect_uris: [wanted.home],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    findAccount: (_context, id) => {
      const person = wanted.people[id] ?? { email: `${id}@example.com`, email_verified: true };
      return { accountId: id, claims: () => ({ sub: id, ...person }) };
    },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    cookies: { keys: ['keys of the tests'] },
  });
  handle = provider.callback();
  console.log(issuer);
});
