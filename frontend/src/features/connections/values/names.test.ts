import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isSecretName } from "../secret-name";
import type { Place } from "./values";
import { isEnvironmentName, isNamed, namedBy, namedElsewhere, ownSecretName, referenceTo } from "./names";

describe("an environment's name", () => {
  it.each([
    ["prod", true],
    ["eu/prod-2", true],
    ["Wörk", true],
    ["*", true],
    ["constructor", true],
    ["", false],
    [" ", false],
    ["two words", false],
    ["prod ", false],
    ["a\u00a0b", false],
  ])("%j: %s", (name, fine) => {
    expect(isEnvironmentName(name)).toBe(fine);
  });
});

describe("a secret that the form names", () => {
  const file = parse(`
connections:
  shop: { connector: postgres, password: secret://shop/password, ssh: { password: "\${HOP:-secret://hop}" } }
environments:
  prod: { connections: { shop: { password: secret://shop-prod }, lake: { key: secret://lake } } }
  a_b: { connections: { shop: { password: secret://shop/password-a_b } } }
`) as never;
  const password = { path: ["password"] };
  const nameAt = (place: Place, field = password) =>
    ownSecretName(place, field, namedElsewhere(file, place, field));
  const own = (environment: string, connection = "shop") => nameAt({ environment, connection });

  it("is called after its connection and itself", () => {
    expect(own("prod")).toBe("shop/password-prod");
    expect(
      ownSecretName({ environment: "dev", connection: "shop" }, { path: ["ssh", "password"] }, new Set()),
    ).toBe("shop/ssh/password-dev");
  });

  it("never gets the name of another one", () => {
    expect(own("a_b")).toBe("shop/password-a_b");
    expect(own("a b")).toBe("shop/password-a_b-2");
  });

  it.each(["eu/prod", "a b", "Wörk", "..", ""])("is a secret's name for %j", (environment) => {
    expect(isSecretName(own(environment, "größe"))).toBe(true);
  });

  it("is called as a new connection's is, where it is the connection's own", () => {
    expect(nameAt({ connection: "shop" })).toBe("shop/password");
    expect(nameAt({ connection: "größe" }, { path: ["ssh", "password"] })).toBe("gr_e/ssh/password");
    const taken = new Set(["shop/password"]);
    expect(ownSecretName({ connection: "shop" }, password, taken)).toBe("shop/password-2");
  });

  it.each([
    [{ environment: "prod", connection: "shop" }, ["shop/password", "hop", "lake", "shop/password-a_b"]],
    [{ connection: "shop" }, ["hop", "shop-prod", "lake", "shop/password-a_b"]],
    [{ connection: "new" }, ["shop/password", "hop", "shop-prod", "lake", "shop/password-a_b"]],
  ])("is told apart from those that the file names elsewhere than at %j", (place, elsewhere) => {
    expect([...namedElsewhere(file, place, password)]).toEqual(elsewhere);
  });

  it.each([
    ["secret://shop-prod", "shop-prod"],
    ["${PROD_PASSWORD}", "${PROD_PASSWORD}"],
    ["${PROD_PASSWORD:-hunter2}", undefined],
    ["hunter2", undefined],
    [5, undefined],
  ])("%j is shown as %j", (value, shown) => {
    expect(namedBy(value)).toBe(shown);
    if (shown !== undefined) {
      expect(isNamed(shown)).toBe(true);
      expect(referenceTo(shown)).toBe(value);
    }
  });
});
