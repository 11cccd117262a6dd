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
});
