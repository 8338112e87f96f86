// Mails caught by MailHog, through version 2 of its API.

const { getJson } = require("./http");

async function textsTo(address, url) {
  const query = new URLSearchParams({ kind: "to", query: address });
  const { items } = await getJson(`${url}/api/v2/search?${query}`);
  return items.map(({ Content }) => decode(Content));
}

// MailHog leaves a mail as it was sent, in one of the encodings of RFC 2045.
function decode({ Headers, Body }) {
  const [encoding = "8bit"] = Headers["Content-Transfer-Encoding"] ?? [];
  switch (encoding.toLowerCase()) {
    case "base64":
      return Buffer.from(Body, "base64").toString();
    case "quoted-printable":
      return Buffer.from(
        Body.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) =>
          String.fromCharCode(parseInt(hex, 16)),
        ),
        "latin1",
      ).toString();
    default:
      return Body;
  }
}

module.exports = { messages: "/api/v2/messages", textsTo };
