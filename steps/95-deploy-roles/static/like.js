// Turns each like form into a button that works without loading a page. Where this file does not
// run, the form still works.

const REASONS = {
  401: "You are no longer signed in.",
  403: "This page is out of date: reload it.",
  404: "This post no longer exists.",
};
const NO_ANSWER = "That did not work. Check your connection, and try again.";

function enhance(place) {
  const form = place.closest("form");
  const { likes, signIn } = place.dataset;
  const liked = form.elements.liked.value === "0";
  const focused = place.contains(document.activeElement);

  const button = Vue.createApp({
    data: () => ({ liked, likes: Number(likes), busy: false, status: null }),
    methods: {
      async toggle() {
        if (this.busy) {
          return;
        }
        this.busy = true;
        this.status = null;
        try {
          const { data } = await axios.request({
            url: form.action,
            method: this.liked ? "DELETE" : "PUT",
            headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
            timeout: 10_000, // Milliseconds.
          });
          if (typeof data.likes !== "number") {
            throw new TypeError("This response is not ours."); // Perhaps a captive portal's page.
          }
          this.liked = data.liked;
          this.likes = data.likes;
        } catch (error) {
          this.status = error.response?.status ?? 0;
        }
        this.busy = false;
      },
    },
    render() {
      const { h } = Vue;
      return [
        h(
          "button",
          {
            class: "btn border btn-sm",
            name: "liked",
            value: this.liked ? "0" : "1",
            "aria-pressed": String(this.liked),
          },
          [h("span", { "aria-hidden": "true" }, this.liked ? "♥" : "♡"), " Like"],
        ),
        ` ${this.likes} like${this.likes === 1 ? "" : "s"}`,
        this.status !== null &&
          h("p", { class: "mb-0 mt-1 text-danger", role: "alert" }, [
            REASONS[this.status] ?? NO_ANSWER,
            this.status === 401 && [" ", h("a", { href: signIn }, "Sign in")],
          ]),
      ];
    },
  }).mount(place);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.toggle();
  });
  if (focused) {
    form.elements.liked.focus();
  }
}

document.querySelectorAll("[data-likes]").forEach(enhance);
