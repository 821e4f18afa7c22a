// Attention maps side by side.

import { AttentionMap } from "./attention_map.js";
import { make } from "./make.js";

const together = document.getElementById("together");
const maps = [...document.querySelectorAll(".map")].map((section) => new AttentionMap(section, follow));

// A span that is chosen by its name in one map is chosen in the others too.
function follow(from, name) {
  if (!together?.checked) return;
  for (const other of maps) if (other !== from && other.map?.names[name]) other.select({ name });
}

for (const each of maps) {
  each.load().catch((error) => each.section.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message)));
}
