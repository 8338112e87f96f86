// What visitors and authors do with posts, in both HTML implementations.

import { IMPLEMENTATIONS, newText, newUser } from "../support/data";

const IMAGE = { file: "cypress/fixtures/sunset.png", width: 64 };

for (const implementation of IMPLEMENTATIONS) {
  const post = (text) => cy.contains("article", text);

  const publish = (text, image) => {
    cy.visit(`/${implementation}/posts/`);
    cy.contains("a", "New post").click();
    cy.field("Text").type(text);
    if (image) {
      cy.field("Image").selectFile(image);
    }
    cy.contains("button", "Publish").click();
    cy.contains("[role=status]", "Your post is published.");
  };

  describe(`Posts of a visitor, ${implementation}`, () => {
    it("have a text and an image", () => {
      const text = newText("A sunset");
      publish(text, IMAGE.file);
      cy.contains("a", "All posts").click();
      post(text).contains("A visitor");
      // An image loads when it comes into view. One that did not load has no width.
      post(text).scrollIntoView();
      post(text).find("img").should("have.prop", "naturalWidth", IMAGE.width);
    });
  });

  describe(`Posts of a user, ${implementation}`, () => {
    const user = newUser();
    let text;

    before(() => {
      cy.task("createUser", user, { log: false });
    });

    beforeEach(() => {
      text = newText("A post");
      cy.session(user.email, () => cy.signIn(implementation, user));
      publish(text);
    });

    it("can be liked, and the like taken back", () => {
      post(text).contains("0 likes");
      post(text).contains("button[aria-pressed=false]", "Like").click();
      post(text).contains("1 like");
      cy.reload(); // What counts is what the server stored.
      post(text).contains("1 like");
      post(text).contains("button[aria-pressed=true]", "Like").click();
      post(text).contains("0 likes");
      cy.reload();
      post(text).contains("0 likes");
    });

    it("can be edited by their author, and by nobody else", () => {
      const changed = newText("A better post");
      cy.contains("a", "Edit").click();
      cy.field("Text").clear();
      cy.field("Text").type(changed);
      cy.contains("button", "Save").click();
      cy.contains("[role=status]", "Your post is changed.");
      post(changed).contains("Member");

      cy.clearCookies(); // Without a session, the browser is a visitor's.
      cy.reload();
      post(changed).contains("Sign in to like");
      cy.contains("a", "Edit").should("not.exist");
    });

    it("can be deleted", () => {
      cy.contains("a", "Delete").click();
      cy.contains("blockquote", text);
      cy.contains("button", "Delete").click();
      cy.contains("[role=status]", "Your post is deleted.");
      post(text).should("not.exist");
    });
  });
}
