// An OpenID Connect provider with one client, whose users are whoever signs in; their groups follow from their names.
import Provider from 'oidc-provider';

const [port, callback] = process.argv.slice(-2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'syncapp agent', client_secret: 'a/secret+of:the client', redirect_uris: [callback] }],
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email'] },
  conformIdTokenClaims: false,
  async findAccount(_, id) {
    return {
      accountId: id,
      async claims() {
        return { sub: id, preferred_username: id.split('.')[0], groups: id.split('.').slice(1) };
      },
    };
  },
});
provider.listen(Number(port), '127.0.0.1');
