// The owner's page of a project: links for annotators.

import { tell } from "./server.js";

const told = document.getElementById("told");

document.getElementById("invite").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await tell(event.target.getAttribute("action"), { name: event.target.elements.name.value });
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
