// Commands in the words of a visitor, in addition to those of Cypress. Loaded before each spec.

// Get the field of a form by its label, as visitors find it, with their eyes or a screen reader.
Cypress.Commands.add("field", (label) => {
  cy.contains("label", label).invoke("attr", "for").then((id) => cy.get(`#${id}`));
});

// Sign in through the page of one of the two implementations.
Cypress.Commands.add("signIn", (implementation, { email, password }) => {
  cy.visit(`/${implementation}/accounts/sign-in/`);
  cy.field("E-mail address").type(email);
  cy.field("Password").type(password, { log: false });
  cy.contains("main button", "Sign in").click();
  cy.contains("[role=status]", "You are signed in.");
});
