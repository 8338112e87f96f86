// The settings of Cypress, and what its tests may ask Node.js to do on this machine.

const { execFileSync } = require("node:child_process");
const path = require("node:path");
const { defineConfig } = require("cypress");
const { waitForLink } = require("./mail");

// The command that manages the application under test: `make e2e` sets it.
const MANAGE = process.env.MANAGE || "poetry run python manage.py";

function createUser({ email, password, isAdmin = false }) {
  const [program, ...words] = MANAGE.trim().split(/\s+/);
  const command = isAdmin
    ? ["createsuperuser", "--noinput", "--email", email]
    : ["create_user", email];
  execFileSync(program, [...words, ...command], {
    cwd: path.dirname(__dirname),
    env: { ...process.env, DJANGO_SUPERUSER_PASSWORD: password },
    input: `${password}\n`,
  });
  return null; // A task must not return undefined.
}

module.exports = defineConfig({
  e2e: {
    baseUrl: "http://127.0.0.1:8000", // CYPRESS_BASE_URL wins.
    // Otherwise Cypress removes the policy from each response before the browser sees it.
    experimentalCspAllowList: ["default-src", "form-action", "script-src"],
    defaultCommandTimeout: 10_000, // Milliseconds, for machines with a lot to do; most take 50.
    setupNodeEvents(on) {
      on("task", { createUser, waitForLink });
    },
  },
});
