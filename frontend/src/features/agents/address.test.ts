import { describe, expect, it } from "vitest";
import { addressOf, nameFrom } from "./address";

describe("an agent's address", () => {
  it.each([
    ["https://sync.example.net", "https://sync.example.net"],
    [" sync.example.net:7700/ ", "https://sync.example.net:7700"],
    ["http://127.0.0.1:7700", "http://127.0.0.1:7700"],
    ["http://sync.example.net", undefined],
    ["https://user:pw@sync.example.net", undefined],
    ["https://sync.example.net/api?x", undefined],
    ["ftp://sync.example.net", undefined],
    ["", undefined],
  ])("reads %j as %j", (typed, address) => {
    expect(addressOf(typed)).toBe(address);
  });

  it.each([
    ["https://prod.example.net", "prod"],
    ["https://10.0.0.7:7700", "10.0.0.7"],
    ["http://[::1]:7700", "::1"],
  ])("names %s %s", (address, name) => {
    expect(nameFrom(address)).toBe(name);
  });
});
