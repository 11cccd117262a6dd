/** The tokens that the wires are drawn with, read from the page: a canvas knows no variables. */
export interface Colours {
  wire: string;
  hover: string;
  accent: string;
  warn: string;
  bad: string;
  surface: string;
  line: string;
}

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    wire: token("--wire"),
    hover: token("--wire-hover"),
    accent: token("--accent"),
    warn: token("--warn"),
    bad: token("--bad"),
    surface: token("--surface-1"),
    line: token("--line-2"),
  };
}
