// What both mail catchers have in common: they answer with JSON.

async function getJson(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) {
    throw new Error(`${url} responds with ${response.status}`);
  }
  return response.json();
}

module.exports = { getJson };
