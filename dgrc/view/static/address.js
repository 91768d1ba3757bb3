// Where one is, as the address says it: #/RUN/ROUND/PAGE[/ID]?facet=value&q=words&order=name. All state is in it, so that
// what is seen can be linked to, and Back goes back.

export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2);
  const [run = "", round = "1", page = "overview", id = null] = path.split("/").slice(1).map(unescaped);
  const params = new URLSearchParams(query);
  return { run, round: /^\d+$/.test(round) ? Number(round) : 1, page: page || "overview", id, params };
}

export function format({ run, round, page, id, params }) {
  const parts = [run, round, page, ...(id ? [id] : [])].map((part) => encodeURIComponent(part));
  const query = params ? params.toString() : "";
  return `#/${parts.join("/")}${query ? `?${query}` : ""}`;
}

export const to = (at, change) => format({ ...at, id: null, params: new URLSearchParams(), ...change });

export function chosen(values) {
  const params = new URLSearchParams();
  for (const [name, said] of Object.entries(values)) for (const one of said) params.append(name, one);
  return params;
}

function unescaped(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
