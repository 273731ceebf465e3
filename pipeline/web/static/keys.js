// Which key a keyboard event means, or null where no shortcut may act.
//
// Nothing acts while an IME composes (isComposing, or keyCode 229 in browsers that tell it so),
// in a field, with a modifier, while a key is held down, or where the user has switched single
// letters off. The physical key counts (event.code) where the IME ate the letter.

const FIELD = "input, textarea, select, [contenteditable]";
let composing = false;
document.addEventListener("compositionstart", () => { composing = true; }, true);
document.addEventListener("compositionend", () => {
  // The Enter that ends a composition comes right after it in some browsers.
  setTimeout(() => { composing = false; }, 0);
}, true);

export const isComposing = (event) =>
  composing || event.isComposing || event.keyCode === 229;

export function keysAreOn() {
  return localStorage.getItem("torihiki.keys") !== "off";
}

export function keyOf(event) {
  if (isComposing(event) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return null;
  if (event.target instanceof Element && event.target.closest(FIELD)) return null;
  if (event.key === "Escape") return "Escape";
  if (!keysAreOn()) return null;
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return "?";
  if (event.code === "Slash" || event.key === "/") return "/";
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  if (digit && !event.shiftKey) return digit[1];
  const letter = /^[a-z]$/i.test(event.key) ? event.key : (/^Key([A-Z])$/.exec(event.code) ?? [])[1];
  if (!letter) return null;
  return (event.shiftKey ? "S-" : "") + letter.toLowerCase();
}
