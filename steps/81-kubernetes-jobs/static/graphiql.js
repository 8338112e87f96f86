// Shows GraphiQL: an editor that knows the schema, documents it, and runs queries.
const examples = `# Press the button, and choose an operation. The book on the left documents the schema.

# The newest posts. For older ones, add "before" with the number in "next".
query Newest {
  posts(first: 5) {
    items {
      id
      text
      author {
        name
      }
      likes
    }
    next
  }
}

# The posts that contain a text.
query Search {
  posts(search: "heron") {
    items {
      text
      createdAt
      image
    }
  }
}

# A new post, by you if you are signed in on this site.
mutation Publish {
  publishPost(text: "Hello from GraphiQL!") {
    post {
      id
      author {
        name
      }
    }
  }
}

# All fields of a post.
query Fields {
  __type(name: "Post") {
    fields {
      name
      description
    }
  }
}
`;

// Django accepts a request with a session only with the CSRF token of this cookie.
// Read again each time, since signing in changes it.
function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";
}

function fetchWithToken(url, options) {
  return fetch(url, { ...options, headers: { ...options.headers, "X-CSRFToken": csrfToken() } });
}

// GraphiQL adds style sheets while it runs; with this, each gets the nonce of the page.
window.__webpack_nonce__ = document.currentScript.nonce;

const fetcher = GraphiQL.createFetcher({ url: location.pathname, fetch: fetchWithToken });
// A link may contain a document: /graphql/?query={posts{next}}. Only the button runs it.
const query = new URLSearchParams(location.search).get("query") ?? undefined;
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
root.render(React.createElement(GraphiQL, { fetcher, query, defaultQuery: examples }));
