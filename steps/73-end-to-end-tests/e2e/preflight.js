// Says what is missing before a browser starts: a list of red tests would not.

const baseUrl = process.env.CYPRESS_BASE_URL || "http://127.0.0.1:8000";

fetch(`${baseUrl}/fbv/posts/`, { signal: AbortSignal.timeout(10_000) })
  .then((response) => {
    if (!response.ok) {
      throw new Error(`it responds with ${response.status}`);
    }
  })
  .catch((error) => {
    const reason = error.cause?.code ?? error.message;
    console.error(`The application does not work at ${baseUrl}: ${reason}.`);
    console.error("Start it with `make run`, or set CYPRESS_BASE_URL to where it runs.");
    process.exitCode = 1;
  });
