// Shows the documentation of the API with Swagger UI, made from the schema; it can send requests.
const docs = document.querySelector("#docs");

// With a session, this proves that the request comes from a page of this site.
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
