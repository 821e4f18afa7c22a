// Gives the token to the studio; from the address it comes behind a #, which never leaves the browser.

import { tell } from "./server.js";

const form = document.getElementById("enter");

async function enter(token) {
  try {
    await tell("/enter", { token });
    location.replace("/");
  } catch (error) {
    document.getElementById("told").textContent = error.message;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  enter(form.elements.token.value);
});
if (location.hash.length > 1) {
  const token = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  enter(token);
}
