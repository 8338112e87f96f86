// Each page keeps to its Content-Security-Policy, and so does what its scripts add later.

import { IMPLEMENTATIONS, newText, newUser } from "../support/data";

const ADMIN = newUser();

let violations;

// The browser tells a page what its policy has blocked; the first script of a page listens.
const listen = (window) => {
  window.document.addEventListener("securitypolicyviolation", (event) => {
    violations.push(`${event.effectiveDirective}: ${event.blockedURI || "inline"}`);
  });
};

const expectNone = () => cy.then(() => expect(violations, "violations").to.deep.equal([]));

const open = (url, options) => {
  cy.visit(url, { failOnStatusCode: false, ...options });
  expectNone();
};

const signIn = () => {
  cy.session(ADMIN.email, () => cy.signIn("fbv", ADMIN));
};

before(() => {
  cy.task("createUser", { ...ADMIN, isAdmin: true }, { log: false });
});

beforeEach(() => {
  violations = [];
  cy.on("window:before:load", listen);
});

afterEach(expectNone);

it("A violation is noticed", () => {
  cy.visit("/fbv/posts/");
  cy.document().then((page) => {
    page.body.insertAdjacentHTML("beforeend", '<p style="color: red">');
  });
  cy.wrap(null).should(() => expect(violations).to.include("style-src-attr: inline"));
  cy.then(() => {
    violations = [];
  });
});

for (const implementation of IMPLEMENTATIONS) {
  it(`The pages of a visitor have no violation, ${implementation}`, () => {
    for (const page of ["sign-up", "sign-in", "password-reset", "activate/MQ/token"]) {
      open(`/${implementation}/accounts/${page}/`);
    }
    open(`/${implementation}/posts/`);
  });

  it(`The pages of a user have no violation, ${implementation}`, () => {
    signIn();
    open(`/${implementation}/accounts/profile/`);
    open(`/${implementation}/posts/new/`);
    cy.field("Text").type(newText("A sunset"));
    cy.field("Image").selectFile("cypress/fixtures/sunset.png");
    cy.contains("button", "Publish").click();
    cy.contains("article button", "Like").click();
    cy.contains("article", "1 like").find("img").should("have.prop", "naturalWidth", 64);
    cy.contains("a", "Edit").click();
    cy.field("Remove the image").check(); // Bootstrap's tick is a data: URL.
    cy.go("back");
    cy.contains("a", "Delete").click();
    cy.contains("blockquote", "A sunset");
  });
}

it("Swagger UI has no violation", () => {
  open("/api/docs/");
  cy.contains("button", "Authorize").click();
  cy.contains(".modal-ux button", "Close").click();
  cy.contains(".opblock-summary", "List posts").click();
  cy.contains("button", "Try it out").click();
  cy.contains("button", "Execute").click();
  cy.contains(".live-responses-table", "200");
});

it("GraphiQL has no violation", () => {
  open("/graphql/?query={__typename}");
  cy.get(".graphiql-execute-button").click();
  cy.contains(".result-window", "Query");
  cy.get("[aria-label='Open settings dialog']").click();
  cy.contains(".graphiql-dialog", "Theme");
});

it("The admin has no violation", () => {
  signIn();
  for (const page of ["", "blog/post/", "blog/post/add/", "accounts/user/", "auth/group/add/"]) {
    open(`/admin/${page}`);
  }
  cy.visit("/admin/blog/post/add/");
  cy.get(".select2-selection").click(); // Its list of users is loaded and drawn by a script.
  cy.contains(".select2-results__option", ADMIN.email);
});
