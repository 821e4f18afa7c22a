// The first page: imports annotations.

import { upload } from "./server.js";

const form = document.getElementById("import");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = document.getElementById("told");
  const name = form.elements.as.value;
  try {
    told.textContent = "Importing …";
    await upload(`/import/${encodeURIComponent(name)}`, form.elements.file.files[0]);
    location.href = `/projects/${encodeURIComponent(name)}`;
  } catch (error) {
    told.textContent = error.message;
  }
});
