import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { Problem } from "@/api/problem";
import { projectFileOf, projectFileQuery } from "@/api/project-file";
import { push } from "@/api/projects";
import { EnvironmentWanted, useSaveValues } from "./save-values";

vi.mock("@/api/projects", async (real) => ({ ...(await real<object>()), push: vi.fn() }));
beforeEach(() => vi.mocked(push).mockReset());

const TEXT = `version: 1
connections:
  shop: { connector: postgres, host: db }
environments:
  prod: { connections: { shop: { host: prod-db } } }
syncs: {}
`;

async function saving() {
  const client = new QueryClient();
  const saved = vi.fn();
  const { result } = renderHook(() => useSaveValues(() => ({ title: "saved" }), saved), {
    wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
  });
  const file = await projectFileOf("shop", 3, TEXT);
  const change = { opened: { file, plain: parse(TEXT) as never }, sealed: [] };
  return { client, saved, result, change };
}

const refusal = (where: object, code = "config.unknown_name") =>
  new Problem(422, [
    { code, kind: "config", severity: "error", where, why: "no environment is called `prod`" },
  ]);

describe("values that are saved", () => {
  it("are pushed in the place of the version that was looked at, and shown at once", async () => {
    const { client, saved, result, change } = await saving();
    vi.mocked(push).mockResolvedValue({ project: "shop", version: 4 } as never);
    const place = { connection: "shop" };
    act(() => result.current.mutate({ ...change, place, after: { connector: "postgres", host: "other" } }));
    await waitFor(() => expect(saved).toHaveBeenCalled());
    expect(saved.mock.calls[0]?.[0]).toEqual(place);
    expect(vi.mocked(push).mock.calls[0]?.[0]).toMatchObject({
      file: TEXT.replace("host: db ", "host: other "),
      expected: 3,
    });
    const { queryKey } = projectFileQuery("shop", 4);
    expect(client.getQueryData(queryKey)?.connections).toEqual([
      { name: "shop", connector: "postgres", keys: { host: "other" } },
    ]);
  });

  it.each([
    ["an environment", { connection: "shop", environment: "prod" }, /prod: \{\}/],
    ["a connection", { connection: "shop" }, /connections: \{\}\nenvironments:\n {2}prod: \{\}/],
  ])("say so where the agent goes by what would go with %s, and keep it", async (_, place, kept) => {
    const { saved, result, change } = await saving();
    vi.mocked(push).mockRejectedValueOnce(refusal({ file: "shop.yaml" }));
    act(() => result.current.mutate({ ...change, place, after: {} }));
    await waitFor(() => expect(result.current.error).toBeInstanceOf(EnvironmentWanted));
    const error = result.current.error as EnvironmentWanted;
    expect(error.environments).toEqual(["prod"]);
    expect(error.why).toBe("no environment is called `prod`");
    expect(error.remedy).toContain("keep prod in it");
    vi.mocked(push).mockResolvedValue({ project: "shop", version: 4 } as never);
    act(() => result.current.mutate({ ...change, place, after: {}, keeps: true }));
    await waitFor(() => expect(saved).toHaveBeenCalled());
    expect(vi.mocked(push).mock.calls[1]?.[0].file).toMatch(kept);
  });

  it.each([
    ["another code", {}, refusal({ file: "shop.yaml" }, "config.conflict")],
    ["a name that something uses", {}, refusal({ file: "shop.yaml", line: 7 })],
    ["nothing that went", { host: "x" }, refusal({ file: "shop.yaml" })],
  ])("leave a refusal as it is for %s", async (_, after, refused) => {
    const { result, change } = await saving();
    vi.mocked(push).mockRejectedValueOnce(refused);
    const place = { connection: "shop", environment: "prod" };
    act(() => result.current.mutate({ ...change, place, after }));
    await waitFor(() => expect(result.current.error).toBe(refused));
  });
});
