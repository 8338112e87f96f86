// From a sign-up, or a forgotten password, to a session: by a link in a mail.

import { IMPLEMENTATIONS, newUser } from "../support/data";

const SIGNED_IN = "You are signed in.";

for (const implementation of IMPLEMENTATIONS) {
  const submit = (button) => cy.contains("main button", button).click();

  const enter = ({ email, password }) => {
    cy.field("E-mail address").type(email);
    cy.field("Password").type(password, { log: false });
  };

  const openLink = (user, page, options) => {
    cy.task("waitForLink", { to: user.email, page }).then((link) => {
      // Mails lead to one of the two implementations; the other one has the same pages.
      cy.visit(link.replace("/fbv/", `/${implementation}/`), options);
    });
  };

  describe(`Accounts, ${implementation}`, () => {
    it("are activated by a link in a mail, once", () => {
      const user = newUser();
      cy.visit(`/${implementation}/posts/`);
      cy.contains("a", "Sign up").click();
      enter(user);
      submit("Sign up");
      cy.contains("h1", "Check your e-mail");

      cy.contains("a", "Sign in").click();
      enter(user);
      submit("Sign in");
      cy.contains("[role=alert]", "Enter the e-mail address and the password of your account.");

      openLink(user, "/activate/");
      submit("Activate");
      cy.contains("[role=status]", "Your account is active.");
      enter(user);
      submit("Sign in");
      cy.contains("[role=status]", SIGNED_IN);
      cy.contains("header a", "Member").click();
      cy.contains("dd", user.email);

      cy.contains("button", "Sign out").click();
      cy.contains("[role=status]", "You are signed out.");
      openLink(user, "/activate/", { failOnStatusCode: false });
      cy.contains("h1", "This link does not work");
    });

    it("get a new password by a link in a mail", () => {
      const user = newUser();
      const changed = { ...user, password: newUser().password };
      cy.task("createUser", user, { log: false });
      cy.visit(`/${implementation}/accounts/sign-in/`);
      cy.contains("a", "Forgotten your password?").click();
      cy.field("E-mail address").type(user.email);
      submit("Send the link");
      cy.contains("h1", "Check your e-mail");

      openLink(user, "/password-reset/");
      cy.field("Password").type(changed.password, { log: false });
      submit("Change the password");
      cy.contains("[role=status]", "Your password is changed.");

      enter(user);
      submit("Sign in");
      cy.contains("[role=alert]", "Enter the e-mail address and the password of your account.");
      cy.signIn(implementation, changed);
    });
  });
}
