// Unit tests of the helper, with answers as both mail catchers give them: `npm run unit`.

const assert = require("node:assert/strict");
const http = require("node:http");
const { after, afterEach, before, test } = require("node:test");
const { mailCatcher, waitForLink } = require(".");

const ANNA = "anna@mublog.example";
const LINK = "http://127.0.0.1:8000/fbv/accounts/activate/MQ/abc-123/";
const TEXT = `Hello,\r\n\r\nopen this page of μblog, and confirm:\r\n\r\n${LINK}\r\n`;
const QUOTED = TEXT.replace("μ", "=CE=BC").replace("abc-", "abc=\r\n-").replace("MQ", "M=51");

const mailhogMail = (encoding, Body) => ({
  ID: "1@mailhog.example",
  To: [{ Mailbox: "anna", Domain: "mublog.example" }],
  Content: { Headers: { "Content-Transfer-Encoding": [encoding] }, Body },
});

let answers;
const server = http.createServer((request, response) => {
  const answer = answers[decodeURIComponent(request.url)];
  response.statusCode = answer ? 200 : 404;
  response.end(JSON.stringify(typeof answer === "function" ? answer() : answer));
});

before(() => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve)));
after(() => server.close());
afterEach(() => {
  delete process.env.MAILHOG_URL;
  delete process.env.MAILPIT_URL;
});

function use(variable, given) {
  process.env[variable] = `http://127.0.0.1:${server.address().port}`;
  answers = given;
}

const find = (seconds = 3) => waitForLink({ to: ANNA, page: "/activate/", seconds });

for (const [encoding, body] of [
  ["8bit", TEXT],
  ["quoted-printable", QUOTED],
  ["base64", Buffer.from(TEXT).toString("base64")],
]) {
  test(`MailHog: a link in a mail that is encoded as ${encoding}`, async () => {
    const items = [mailhogMail("7bit", "Another mail"), mailhogMail(encoding, body)];
    use("MAILHOG_URL", { [`/api/v2/search?kind=to&query=${ANNA}`]: { total: 2, items } });
    assert.equal(await find(), LINK);
  });
}

test("Mailpit: a link in a mail whose text is asked for by its id", async () => {
  use("MAILPIT_URL", {
    [`/api/v1/search?query=to:"${ANNA}"`]: { total: 1, messages: [{ ID: "x1", Snippet: "Hello" }] },
    "/api/v1/message/x1": { ID: "x1", Text: TEXT, HTML: "" },
  });
  assert.equal(await find(), LINK);
});

test("a mail that comes later is waited for", async () => {
  const later = [[], [], [mailhogMail("8bit", TEXT)]];
  const answer = () => ({ items: later.shift() });
  use("MAILHOG_URL", { [`/api/v2/search?kind=to&query=${ANNA}`]: answer });
  assert.equal(await find(), LINK);
});

test("a mail that does not come, and a catcher that is away, are named", async () => {
  use("MAILHOG_URL", { [`/api/v2/search?kind=to&query=${ANNA}`]: { items: [] } });
  await assert.rejects(find(0.1), /No mail to anna.*make worker/s);
  answers = {};
  await assert.rejects(find(), /responds with 404/);
});

test("MailHog is the one that is asked, unless Mailpit is set", () => {
  assert.equal(mailCatcher({}).url, "http://127.0.0.1:8025");
  assert.equal(mailCatcher({ MAILPIT_URL: "http://pit" }).url, "http://pit");
});
