// Talks to the studio: every request carries the page's token, every failure is told in words.

const token = document.querySelector('meta[name="form-token"]').content;

export class Refused extends Error {
  constructor(what, status) {
    super(what);
    this.status = status;
  }
}

async function answered(response) {
  const type = response.headers.get("content-type") ?? "";
  const found = type.includes("json") ? await response.json() : await response.text();
  if (!response.ok) {
    const said = typeof found === "string" ? found : found.error ?? found.detail;
    throw new Refused(typeof said === "string" ? said : "this was not understood", response.status);
  }
  return found;
}

export async function ask(path) {
  return answered(await fetch(path, { headers: { accept: "application/json" }, credentials: "same-origin" }));
}

export async function tell(path, body = {}) {
  return answered(await fetch(path, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json", "x-form-token": token },
    credentials: "same-origin",
    body: JSON.stringify(body),
  }));
}

export async function upload(path, file) {
  return answered(await fetch(path, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/octet-stream", "x-form-token": token },
    credentials: "same-origin",
    body: file,
  }));
}
