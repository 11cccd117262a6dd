// Sees to it that a press reaches the element it was aimed at, and nothing else: the page may move in between.
const [element] = arguments;

window.aim?.landed();
const until = new AbortController();
// A menu has opened, over its own button, as soon as the pointer was down.
const judged = element.matches("[aria-haspopup]") ? ["pointerdown"] : ["pointerdown", "click"];
let lands = true;
for (const kind of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) {
  const judge = (event) => {
    // What the page makes itself, such as a form's hidden field, is no press.
    if (!event.isTrusted) {
      return;
    }
    if (judged.includes(kind)) {
      lands &&= element.contains(event.target);
    }
    if (!lands) {
      event.stopImmediatePropagation();
      event.preventDefault();
    }
  };
  window.addEventListener(kind, judge, { capture: true, signal: until.signal });
}
window.aim = {
  landed: () => {
    until.abort();
    return lands;
  },
};
