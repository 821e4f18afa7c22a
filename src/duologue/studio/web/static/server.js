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

function post(path, body, type = "application/json") {
  return fetch(path, {
    method: "POST",
    headers: { accept: "application/json", "content-type": type, "x-form-token": token },
    credentials: "same-origin",
    body,
  });
}

export async function tell(path, body = {}) {
  return answered(await post(path, JSON.stringify(body)));
}

// Lines of JSON, each as soon as it is there.
export async function listen(path, body, onLine) {
  const response = await post(path, JSON.stringify(body));
  if (!response.ok) return answered(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const whole = (rest + piece.value).split("\n");
    rest = whole.pop();
    for (const line of whole) onLine(JSON.parse(line));
  }
}

export async function upload(path, file) {
  return answered(await post(path, file, "application/octet-stream"));
}
