// Finds what somebody would: by role and name, inside of what was found so, and only what is shown.
// Takes the steps from outside to inside, and whether it must be enabled; answers the first element that fits, or null.
const [steps, enabled] = arguments;

// What has a role without saying so.
const NATIVE = {
  button: "button, summary, input[type=submit], input[type=button]",
  checkbox: "input[type=checkbox]",
  combobox: "select",
  complementary: "aside",
  heading: "h1, h2, h3, h4",
  img: "img",
  link: "a[href]",
  listitem: "li",
  navigation: "nav",
  radio: "input[type=radio]",
  region: "section",
  row: "tr",
  textbox: "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea",
};

const plain = (text) => text.replace(/\s+/g, " ").trim();

const UNREAD = ["KBD", "SELECT", "SCRIPT", "STYLE"];

/** The text that a reader is told: neither keys drawn in buttons, nor what can be chosen, nor what is hidden from readers. */
function textOf(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    return node.data;
  }
  if (node.nodeType !== Node.ELEMENT_NODE || node.ariaHidden === "true" || UNREAD.includes(node.tagName)) {
    return "";
  }
  const told = node.matches("a, button, svg, [role=img]") ? node.ariaLabel : node.alt;
  const inner = told ?? [...node.childNodes].map(textOf).join("");
  return getComputedStyle(node).display.startsWith("inline") ? inner : ` ${inner} `;
}

function nameOf(element) {
  const by = element.getAttribute("aria-labelledby");
  const labels = by ? by.split(" ").map((id) => document.getElementById(id)) : [...(element.labels ?? [])];
  const own = element.ariaLabel ?? labels.map((label) => label && textOf(label)).join(" ");
  return plain(own || (element.matches("input, select, textarea") ? (element.placeholder ?? "") : textOf(element)));
}

/** What lies behind a dialog is there for nobody. */
const isShown = (element) =>
  !element.closest("[aria-hidden=true]") &&
  element.getClientRects().length > 0 && element.checkVisibility({ visibilityProperty: true });

function candidates(place, role) {
  const native = NATIVE[role];
  const found = place.querySelectorAll(`[role=${role}]${native ? `, ${native}` : ""}`);
  return [...found].filter((element) => (element.getAttribute("role") ?? role) === role);
}

/** The innermost elements with this text. */
function withText(place, part) {
  if (!plain(textOf(place)).includes(part)) {
    return [];
  }
  const inner = [...place.children].flatMap((child) => withText(child, part));
  return inner.length > 0 ? inner : [place];
}

function all(place, { role, name, part }) {
  if (role === "text") {
    return withText(place, part);
  }
  return candidates(place, role).filter((element) => {
    const known = nameOf(element);
    return name === null ? known.includes(part) : known === name;
  });
}

let places = [document.body];
for (const step of steps) {
  places = places.flatMap((place) => all(place, step)).filter(isShown);
}
const found = places.find((element) => !enabled || !element.closest(":disabled, [aria-disabled=true]")) ?? null;
if (enabled) {
  // What is to be pressed is brought to sight first, as whoever presses it does.
  found?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
return found;
