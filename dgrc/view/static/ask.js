// What the server is asked, by paths below the page's own, which has the token in it.

export async function ask(at, path, params, signal) {
  const query = params && params.toString();
  const where = `api/${encodeURIComponent(at.run)}/${at.round}/${path}${query ? `?${query}` : ""}`;
  return get(where, signal);
}

// What is written: marks alone.
export async function send(at, path, data) {
  return get(`api/${encodeURIComponent(at.run)}/${at.round}/${path}`, undefined, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(data),
  });
}

export async function get(where, signal, more = { headers: { accept: "application/json" } }) {
  let reply;
  try {
    reply = await fetch(where, { signal, ...more });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Error("The server does not answer. It ends with its terminal: run `dgrc view` again, and open the new address.");
  }
  const told = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(told.error ?? `The server could not answer this (${reply.status}). Its terminal says why.`);
  return told;
}
