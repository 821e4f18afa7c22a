// The owner's page of a project: links for annotators, statistics that follow what is annotated.

import { tell } from "./server.js";

const told = document.getElementById("told");

document.getElementById("invite").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const { name, days } = event.target.elements;
    await tell(event.target.getAttribute("action"), { name: name.value, days: days.value ? Number(days.value) : null });
    location.reload();
  } catch (error) {
    told.textContent = error.message;
  }
});

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const link = new URL(button.dataset.copy, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      told.textContent = "The link is copied.";
    } catch {
      told.textContent = link;
    }
  });
}

for (const button of document.querySelectorAll("[data-revoke]")) {
  button.addEventListener("click", async () => {
    try {
      await tell(button.dataset.revoke);
      location.reload();
    } catch (error) {
      told.textContent = error.message;
    }
  });
}

const figures = document.getElementById("figures");
const half = document.getElementById("half");

// The fragment is our own template's, escaped on the server; no data is ever read as HTML here.
async function refresh() {
  if (document.hidden || !half.validity.valid) return;
  const answer = await fetch(`${figures.dataset.from}?half=${half.value}`, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) return;
  const open = [...figures.querySelectorAll("details")].map((each) => each.open);
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  figures.replaceChildren(...made.body.childNodes);
  figures.querySelectorAll("details").forEach((each, at) => (each.open = open[at] ?? false));
  figures.dataset.ready = "true";
}
half.addEventListener("change", refresh);

// What takes long is asked for less often.
async function follow() {
  const begun = performance.now();
  await refresh();
  setTimeout(follow, Math.max(5000, 4 * (performance.now() - begun)));
}
follow();
