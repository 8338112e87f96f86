// Swagger UI, which draws the documentation of the API from its schema, and can try everything out.
const docs = document.querySelector("#docs");

// Whoever is signed in by a session proves with this that a request comes from a page of the site.
function withCsrfToken(request) {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/);
  const ours = new URL(request.url, document.baseURI).origin === window.location.origin;
  if (cookie && ours && request.method !== "GET") {
    request.headers["X-CSRFToken"] = cookie[1];
  }
  return request;
}

SwaggerUIBundle({
  url: docs.dataset.schema,
  domNode: docs,
  deepLinking: true,
  requestInterceptor: withCsrfToken,
});
