// Says what is missing before a browser starts: a list of red tests would not.

const { mailCatcher } = require("./mail");

const baseUrl = process.env.CYPRESS_BASE_URL || "http://127.0.0.1:8000";

async function check(what, url, remedy) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) {
      throw new Error(`it responds with ${response.status}`);
    }
  } catch (error) {
    console.error(`${what} does not work at ${url}: ${error.cause?.code ?? error.message}.`);
    console.error(remedy);
    process.exitCode = 1;
  }
}

check(
  "The application",
  `${baseUrl}/fbv/posts/`,
  "Start it with `make run`, or set CYPRESS_BASE_URL to where it runs.",
);
const { api, url } = mailCatcher();
check(
  "The mail catcher",
  `${url}${api.messages}`,
  "Start MailHog, or set MAILHOG_URL, or MAILPIT_URL, to where it runs.",
);
