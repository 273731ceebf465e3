import { keysAreOn } from "./keys.js";

const box = document.getElementById("keys-on");
box.checked = keysAreOn();
box.addEventListener("change", () => localStorage.setItem("torihiki.keys", box.checked ? "on" : "off"));
