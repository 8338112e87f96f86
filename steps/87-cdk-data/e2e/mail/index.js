// The mails that the application sends, read in the mail catcher: MailHog, or Mailpit if it is set.

const { setTimeout: sleep } = require("node:timers/promises");
const mailhog = require("./mailhog");
const mailpit = require("./mailpit");

function mailCatcher({ MAILHOG_URL, MAILPIT_URL } = process.env) {
  return MAILPIT_URL
    ? { api: mailpit, url: MAILPIT_URL }
    : { api: mailhog, url: MAILHOG_URL || "http://127.0.0.1:8025" };
}

// Return the newest link to a page in the mails to an address, as soon as there is one.
async function waitForLink({ to, page, seconds = 30 }) {
  const { api, url } = mailCatcher();
  const deadline = Date.now() + seconds * 1000;
  do {
    const links = (await api.textsTo(to, url)).flatMap((text) => text.match(/https?:\S+/g) ?? []);
    const found = links.find((link) => link.includes(page));
    if (found) {
      return found;
    }
    await sleep(200);
  } while (Date.now() < deadline);
  throw new Error(
    `No mail to ${to} with a link to ${page} has come to ${url} within ${seconds} seconds. ` +
      "Is `make worker` running, and is its EMAIL_URL that of the mail catcher?",
  );
}

module.exports = { mailCatcher, waitForLink };
