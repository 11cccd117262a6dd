import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(`${import.meta.dirname}/tokens.css`, "utf8");

/** The tokens of a theme: its own block's. */
function tokens(theme: "light" | "dark"): Map<string, string> {
  const block = new RegExp(`\\[data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? "";
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\s*;/g)].map((found) => [found[1] ?? "", found[2] ?? ""]),
  );
}

const channels = (hex: string): number[] => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** Relative luminance, as WCAG 2.2 has it. */
function luminance(color: number[]): number {
  const [r = 0, g = 0, b = 0] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: number[], other: number[]): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** A glyph's ground: 9 % of its colour over a surface. */
const tint = (color: number[], ground: number[]): number[] =>
  color.map((value, at) => value * 0.09 + (ground[at] ?? 0) * 0.91);

const SURFACES = ["surface-0", "surface-1", "surface-2", "surface-3", "surface-4", "surface-pop", "canvas"];
/** Where selected rows and unsaved forms are. */
const PAGES = ["surface-0", "surface-1", "surface-2", "surface-pop", "canvas"];

/** The pairs of ui.md with the least contrast that each has to keep. */
const PAIRS: { text: string; on: string[]; least: number }[] = [
  { text: "text-1", on: SURFACES, least: 11.9 },
  { text: "text-2", on: SURFACES, least: 6.2 },
  { text: "text-3", on: SURFACES, least: 4.5 },
  { text: "on-accent", on: ["accent", "accent-hover"], least: 4.7 },
  { text: "accent-text", on: [...SURFACES, "accent-soft"], least: 4.5 },
  {
    text: "text-1",
    on: ["accent-soft", "row-add", "row-del", "row-chg", "ok-soft", "warn-soft", "bad-soft"],
    least: 7,
  },
  {
    text: "text-2",
    on: ["accent-soft", "row-add", "row-del", "row-chg", "ok-soft", "warn-soft", "bad-soft"],
    least: 4.5,
  },
  { text: "ok-text", on: ["ok-soft"], least: 6 },
  { text: "warn-text", on: ["warn-soft"], least: 6 },
  { text: "bad-text", on: ["bad-soft"], least: 5.9 },
  { text: "ok-text", on: PAGES, least: 4.5 },
  { text: "warn-text", on: PAGES, least: 4.5 },
  { text: "bad-text", on: PAGES, least: 4.5 },
  { text: "line-3", on: ["surface-1", "surface-pop"], least: 3 },
  { text: "focus", on: PAGES, least: 5 },
];

const FAMILIES = ["t-num", "t-text", "t-time", "t-bool", "t-nest", "t-id"];

describe.each(["light", "dark"] as const)("the %s theme", (theme) => {
  const values = tokens(theme);
  const color = (name: string): number[] => {
    const hex = values.get(name);
    expect(hex, `the token --${name}`).toBeDefined();
    return channels(hex ?? "");
  };

  it.each(PAIRS.flatMap(({ text, on, least }) => on.map((ground) => ({ text, ground, least }))))(
    "shows $text on $ground",
    ({ text, ground, least }) => {
      // Shown with one digit in ui.md.
      expect(contrast(color(text), color(ground))).toBeGreaterThanOrEqual(least - 0.05);
    },
  );

  it.each(FAMILIES)("shows the glyph of %s on its tint", (family) => {
    const ground = tint(color(family), color("surface-1"));
    expect(contrast(color(family), ground)).toBeGreaterThanOrEqual(4.55);
  });
});
