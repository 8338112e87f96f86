// The settings of Cypress, and what its tests may ask Node.js to do on this machine.

const { execFileSync } = require("node:child_process");
const path = require("node:path");
const { defineConfig } = require("cypress");
const { waitForLink } = require("./mail");

// The command that manages the application under test: `make e2e` sets it.
const MANAGE = process.env.MANAGE || "poetry run python manage.py";

function createUser({ email, password }) {
  const [program, ...words] = MANAGE.trim().split(/\s+/);
  execFileSync(program, [...words, "create_user", email], {
    cwd: path.dirname(__dirname),
    input: `${password}\n`,
  });
  return null; // A task must not return undefined.
}

module.exports = defineConfig({
  e2e: {
    baseUrl: "http://127.0.0.1:8000", // CYPRESS_BASE_URL wins.
    defaultCommandTimeout: 10_000, // Milliseconds, for machines with a lot to do; most take 50.
    setupNodeEvents(on) {
      on("task", { createUser, waitForLink });
    },
  },
});
