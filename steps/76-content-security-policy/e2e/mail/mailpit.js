// Mails caught by Mailpit, which has followed MailHog, and has another API.

const { getJson } = require("./http");

async function textsTo(address, url) {
  const query = new URLSearchParams({ query: `to:"${address}"` });
  const { messages } = await getJson(`${url}/api/v1/search?${query}`);
  // A list has only the first words of each mail.
  const mails = messages.map(({ ID }) => getJson(`${url}/api/v1/message/${ID}`));
  return (await Promise.all(mails)).map(({ Text }) => Text);
}

module.exports = { messages: "/api/v1/messages", textsTo };
