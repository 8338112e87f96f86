"""The front page."""

from django.contrib.staticfiles import finders
from django.test import SimpleTestCase


class HomePageTests(SimpleTestCase):
    def test_home_page_shows_the_name_of_the_site(self):
        response = self.client.get("/")
        self.assertContains(response, "<h1>μblog</h1>", html=True)

    def test_home_page_responds_to_head_without_a_body(self):
        response = self.client.head("/")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.content, b"")

    def test_home_page_refuses_methods_that_would_change_something(self):
        response = self.client.post("/")
        self.assertEqual(response.status_code, 405)
        self.assertEqual(response.headers["Allow"], "GET, HEAD")

    def test_home_page_links_to_static_files_that_exist(self):
        response = self.client.get("/")
        for name in ("favicon.svg", "mublog.css"):
            with self.subTest(name):
                self.assertContains(response, f'href="/static/{name}"')
                self.assertIsNotNone(finders.find(name))

    def test_unknown_address_is_not_found(self):
        self.assertEqual(self.client.get("/nowhere/").status_code, 404)
