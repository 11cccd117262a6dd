import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useEffect, useReducer } from "react";
import { beforeAll, describe, expect, it } from "vitest";

import { listenForKeys } from "@/app/keys/commands";
import { Toasts } from "@/components/toast";
import { Tooltips } from "@/components/tooltip";
import { Designer } from "../designer";
import { type Action, type History, opened, reduce } from "../document/history";
import { COMING, SHOP, shopCatalog, shopSamples } from "../fixtures/shop";
import type { SampleSource } from "../sample/sample";

// jsdom has no sizes and draws nothing.
beforeAll(() => {
  globalThis.ResizeObserver = class {
    observe() {
      return undefined;
    }
    unobserve() {
      return undefined;
    }
    disconnect() {
      return undefined;
    }
  };
  HTMLCanvasElement.prototype.getContext = () => null;
  Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
});

let now: History;
let dispatchOutside: (action: Action) => void;

function Opened({ text, samples }: { text: string; samples: SampleSource }) {
  const [history, dispatch] = useReducer(reduce, text, opened);
  useEffect(() => {
    now = history;
    dispatchOutside = dispatch;
  }, [history]);
  useEffect(listenForKeys, []);
  return (
    <Designer
      setup={{
        project: "shop",
        syncName: "shop-to-warehouse",
        history,
        dispatch,
        catalog: shopCatalog,
        samples,
        coming: COMING,
      }}
      fileName="shop.sync.yaml"
      crumbs={[]}
      actions={null}
    />
  );
}

async function open(text = SHOP, samples = shopSamples) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Tooltips>
        <Opened text={text} samples={samples} />
        <Toasts />
      </Tooltips>
    </QueryClientProvider>,
  );
  await screen.findByRole("option", { name: /^internal_note/ });
  await screen.findByRole("option", { name: /^channel/ });
  const canvas = screen.getByRole("application", { name: "Mapping" });
  canvas.focus();
  return { user: userEvent.setup(), canvas };
}

const row = (list: string, name: string) => {
  const found = screen.getByRole("listbox", { name: list }).querySelector(`[data-name="${name}"]`);
  if (!found) {
    throw new Error(`no ${name} among ${list}`);
  }
  return found;
};
const target = (name: string) => row("Target columns", name);
const source = (name: string) => row("Source columns", name);
const press = (element: Element, init: object = {}) => {
  fireEvent.pointerDown(element, { button: 0, ...init });
  fireEvent.pointerUp(element, { button: 0, ...init });
};

beforeAll(() => {
  Element.prototype.setPointerCapture = () => undefined;
});

describe("the designer", () => {
  it("shows the file's mapping, and what keeps it from running", async () => {
    await open();
    expect(source("internal_note")).toHaveProperty("dataset.out", "");
    expect(target("placed_on")).toHaveProperty("dataset.loss", "allowed");
    expect(screen.getByText("80 %")).toBeTruthy();
    expect(await screen.findByText("3 failing rows")).toBeTruthy();
  });

  it("accepts a proposal by Enter and refuses it by Del, each undone by Ctrl Z", async () => {
    const { user, canvas } = await open();
    press(target("channel"));
    canvas.focus();
    await user.keyboard("{Enter}");
    expect(now.text).toContain("channel: { from: sales_channel }");
    await user.keyboard("{Control>}z{/Control}");
    expect(now.text).toBe(SHOP);
    await user.keyboard("{Delete}");
    expect(screen.queryByText("80 %")).toBeNull();
    expect(now.text).toBe(SHOP);
  });

  it("connects two columns by keys", async () => {
    const { user } = await open();
    await user.keyboard("m");
    await user.keyboard("note{Enter}chan{Enter}");
    expect(now.text).toContain("channel: { from: internal_note }");
  });

  it("takes consent away and gives it again by L", async () => {
    const { user, canvas } = await open();
    press(target("placed_on"));
    canvas.focus();
    await user.keyboard("l");
    expect(now.text).toContain("placed_on: { from: placed_at, type: date }");
    expect(screen.getByText(/1 column needs consent/)).toBeTruthy();
    await user.click(screen.getByRole("switch", { name: "Allow this loss" }));
    expect(now.text).toBe(SHOP);
  });

  it("masks, casts and renames in the inspector", async () => {
    const { user } = await open();
    press(target("status"));
    const inspector = await screen.findByRole("complementary", { name: /^status/ });
    await user.selectOptions(within(inspector).getByLabelText("Mask"), "redact");
    expect(now.text).toContain("status: { mask: redact }");
    await user.selectOptions(within(inspector).getByLabelText("Type in target"), "json");
    expect(now.text).toContain("status: { mask: redact, type: json }");
    const name = within(inspector).getByLabelText("Name");
    await user.clear(name);
    await user.type(name, "state{Enter}");
    expect(now.text).toContain("state: { from: status, mask: redact, type: json }");
  });

  it("fills a column from another one in the inspector, whose list is there once somebody goes to it", async () => {
    const { user } = await open();
    press(target("status"));
    const inspector = await screen.findByRole("complementary", { name: /^status/ });
    const from = within(inspector).getByLabelText<HTMLSelectElement>("From");
    expect([...from.options].map((option) => option.value)).toEqual(["status"]);
    from.focus();
    expect(await within(from).findByRole("option", { name: "sales_channel" })).toBeTruthy();
    await user.selectOptions(from, "sales_channel");
    expect(now.text).toContain("status: { from: sales_channel }");
  });

  it("removes several columns at once, and brings them back at once", async () => {
    const { user, canvas } = await open();
    press(target("full_name"));
    press(target("ship_city"), { ctrlKey: true });
    canvas.focus();
    await user.keyboard("{Delete}");
    expect(now.text).not.toContain("full_name");
    expect(now.text).not.toContain("ship_city");
    const toast = within(screen.getByRole("status"));
    await user.click(toast.getByRole("button", { name: "Undo" }));
    expect(now.text).toBe(SHOP);
  });

  it("edits settings and schedule in the file, in place", async () => {
    const { user } = await open();
    await user.click(screen.getByRole("button", { name: "Edit settings" }));
    const form = await screen.findByRole("complementary", { name: /Stream$/ });
    await user.selectOptions(within(form).getByLabelText("Row errors"), "null");
    expect(now.text).toContain('        on_error: "null"');
    await user.selectOptions(within(form).getByLabelText("Runs"), "every");
    expect(now.text).toContain("schedule: { misfire: once, overlap: skip, every: 15m }");
    await user.selectOptions(within(form).getByLabelText("Write"), "overwrite");
    expect(within(form).getByText(/An increment cannot overwrite/)).toBeTruthy();
  });

  it("keeps the canvas while the text cannot be read, and says where", async () => {
    const { user } = await open();
    act(() => dispatchOutside({ kind: "type", text: `${SHOP}bad: [\n` }));
    expect(screen.getByText(/line \d+ cannot be read/)).toBeTruthy();
    expect(target("net_total")).toBeTruthy();
    await user.keyboard("{Control>}{Shift>}y{/Shift}{/Control}");
    expect(await screen.findByText(/^Line \d+: /)).toBeTruthy();
  }, 15_000);

  it("says honestly that an agent cannot sample what is not saved", async () => {
    const none: SampleSource = { take: () => Promise.resolve({ state: "not_available", reason: "unsaved" }) };
    await open(SHOP, none);
    expect(await screen.findByText("Samples of unsaved changes are not available")).toBeTruthy();
  });

  it("runs nothing that stands in data", async () => {
    const evil = "<img src=x onerror=alert(1)>";
    const samples: SampleSource = {
      take: () =>
        Promise.resolve({
          state: "ready",
          sample: {
            before: [{ id: evil }],
            after: [{ id: evil, email: evil }],
            origins: [0],
            types: {},
            failing: [{ code: evil, why: evil }],
            rejected: 1,
            nulled: 0,
          },
        }),
    };
    await open(SHOP, samples);
    await waitFor(() => expect(screen.getByRole("tab", { name: /Failing rows/ })).toBeTruthy());
    expect(document.querySelector("img")).toBeNull();
  });
});
