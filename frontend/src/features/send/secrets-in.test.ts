import { describe, expect, it } from "vitest";
import { secretsIn } from "./secrets-in";

describe("the secrets that a file names", () => {
  it("are found at any depth, each once", async () => {
    const file = `
connections:
  shop: { connector: postgres, password: "secret://shop/password", ssh: { key: secret://bastion } }
  copy: { connector: postgres, password: secret://shop/password }
  note: see secret://not-one
`;
    expect(await secretsIn(file)).toEqual(["shop/password", "bastion"]);
  });

  it("are found where only an environment names them, and in a variable's default", async () => {
    const file = `
connections:
  shop: { connector: postgres, password: "\${PW:-secret://shop/password}", user: "$\${PW:-secret://literal}" }
environments:
  dev: { connections: {} }
  prod:
    connections:
      shop: { password: secret://shop/password-prod, ssh: { passphrase: secret://hop } }
`;
    expect(await secretsIn(file)).toEqual(["shop/password", "shop/password-prod", "hop"]);
  });
});
